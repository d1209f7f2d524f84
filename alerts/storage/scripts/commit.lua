-- Writes a tick. Returns the ids written, or nil (and writes nothing) behind a newer fence.
-- KEYS: fence, rules, states, due, latest, overlays, then one outbox per platform
-- ARGV: fence, number of readings, then series and text of each reading,
--       then per step: id, revision, state, due or '', the overlay as it was seen or '',
--       chat or '', index of its outbox, event or ''
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
for at = steps, #ARGV, 8 do
  local rule = redis.call('HGET', KEYS[2], ARGV[at])
  if rule and revision_of(rule) == ARGV[at + 1] then
    written[#written + 1] = ARGV[at]
    kept[#kept + 1] = at
    local chat, event = ARGV[at + 5], ARGV[at + 7]
    if event ~= '' then
      if not news[chat] then
        chats[#chats + 1] = chat
        news[chat] = {}
        outbox_of[chat] = KEYS[6 + tonumber(ARGV[at + 6])]
      end
      table.insert(news[chat], event)
    end
  end
end

for _, chat in ipairs(chats) do
  redis.call('XADD', outbox_of[chat], '*', 'chat', chat, 'events', table.concat(news[chat], '\n'))
end
-- What people did while the tick was under way is looked at by the next one, at once.
local touched = redis.call('HLEN', KEYS[6]) > 0
for _, at in ipairs(kept) do
  local due, seen = ARGV[at + 3], ARGV[at + 4]
  if touched or seen ~= '' then
    due = (redis.call('HGET', KEYS[6], ARGV[at]) or '') == seen and due or '0'
  end
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 2])
  if due == '' then
    redis.call('ZREM', KEYS[4], ARGV[at])
  else
    redis.call('ZADD', KEYS[4], due, ARGV[at])
  end
end
for at = 3, steps - 1, 2 do
  redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 1])
end
return written
