-- Writes a tick. Returns the ids written, or nil (and writes nothing) behind a newer fence.
-- KEYS: fence, rules, states, due, latest, then one outbox per platform
-- ARGV: fence, number of readings, then series and text of each reading,
--       then per step: id, revision, state, due or '', chat or '', index of its outbox, event or ''
-- Messages go first: should the server refuse midway, an alert is told twice rather than never.
local fence, highest = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0')
if fence < highest then
  return false
end
if fence > highest then
  redis.call('SET', KEYS[1], ARGV[1])
end
local steps = 3 + 2 * tonumber(ARGV[2])

local written, kept, chats, news, outbox_of = {}, {}, {}, {}, {}
for at = steps, #ARGV, 7 do
  local rule = redis.call('HGET', KEYS[2], ARGV[at])
  if rule and revision_of(rule) == ARGV[at + 1] then
    written[#written + 1] = ARGV[at]
    kept[#kept + 1] = at
    local chat, event = ARGV[at + 4], ARGV[at + 6]
    if event ~= '' then
      if not news[chat] then
        chats[#chats + 1] = chat
        news[chat] = {}
        outbox_of[chat] = KEYS[5 + tonumber(ARGV[at + 5])]
      end
      table.insert(news[chat], event)
    end
  end
end

for _, chat in ipairs(chats) do
  redis.call('XADD', outbox_of[chat], '*', 'chat', chat, 'events', table.concat(news[chat], '\n'))
end
for _, at in ipairs(kept) do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 2])
  if ARGV[at + 3] == '' then
    redis.call('ZREM', KEYS[4], ARGV[at])
  else
    redis.call('ZADD', KEYS[4], ARGV[at + 3], ARGV[at])
  end
end
for at = 3, steps - 1, 2 do
  redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 1])
end
return written
