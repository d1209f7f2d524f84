-- Saves a rule under its chat's next number. Returns the number, or nil when the chat is full.
-- KEYS: chat, numbers, rules, states, due, feed, moved
-- ARGV: chat, id, rule, state, due, limit, feed length
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then
  return false
end
local highest = 0  -- counts where the chat's last number was lost
for _, taken in ipairs(redis.call('HKEYS', KEYS[1])) do
  highest = math.max(highest, tonumber(taken) or 0)
end
local number = 1 + math.max(tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0') or 0, highest)
redis.call('HSET', KEYS[2], ARGV[1], number)
redis.call('HSET', KEYS[3], ARGV[2], with_head(ARGV[3], 1, number, ARGV[1]))
redis.call('HSET', KEYS[4], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[1], number, ARGV[2])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[2])
redis.call('HDEL', KEYS[7], ARGV[1]) -- a chat where a rule is made is alive, moved or not
announce(KEYS[6], ARGV[7], ARGV[2])
return number
