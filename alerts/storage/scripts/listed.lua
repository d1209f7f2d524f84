-- The ids of the rules of each of these chats, as of one moment.
-- KEYS: the chats' lists
local listed = {}
for place, list in ipairs(KEYS) do
  listed[place] = redis.call('HVALS', list)
end
return listed
