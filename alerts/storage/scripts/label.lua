-- The place of a label in a series' list, added where it is new; the last place when that is full.
-- KEYS: the list
-- ARGV: the label, the last place
local place = redis.call('LPOS', KEYS[1], ARGV[1])
if place then
  return place
end
local held = redis.call('LLEN', KEYS[1])
if held >= tonumber(ARGV[2]) then
  return tonumber(ARGV[2])
end
return redis.call('RPUSH', KEYS[1], ARGV[1]) - 1
