-- Forgets the rules of a chat, and the chat wherever it is a field of a hash or a member of a set.
-- KEYS: chat, feed, then what is kept by rule, then what is kept by chat
-- ARGV: chat, feed length, how many keys are kept by rule
local function forget(key, name)
  local kind = redis.call('TYPE', key).ok
  if kind == 'hash' then
    redis.call('HDEL', key, name)
  elseif kind == 'zset' then
    redis.call('ZREM', key, name)
  end
end

local by_rule = tonumber(ARGV[3])
for _, id in ipairs(redis.call('HVALS', KEYS[1])) do
  for at = 3, 2 + by_rule do
    forget(KEYS[at], id)
  end
  announce(KEYS[2], ARGV[2], id)
end
for at = 3 + by_rule, #KEYS do
  forget(KEYS[at], ARGV[1])
end
redis.call('DEL', KEYS[1])
