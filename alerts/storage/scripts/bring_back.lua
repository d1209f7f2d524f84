-- Queues what was laid aside and is due, as one entry per chat. Returns how many chats had any.
-- KEYS: outbox, aside, due times of what is aside
-- ARGV: now, most chats
local chats = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, chat in ipairs(chats) do
  local events = redis.call('HGET', KEYS[2], chat)
  if events then
    redis.call('XADD', KEYS[1], '*', 'chat', chat, 'events', events, 'back', ARGV[1])
    redis.call('HDEL', KEYS[2], chat)
  end
  redis.call('ZREM', KEYS[3], chat)
end
return #chats
