-- Saves a rule under its chat's next number. Returns the number, or nil when the chat is full.
-- KEYS: chat, its highest number, rules, states, due, feed, moved
-- ARGV: chat, id, rule, state, due, limit, feed length, milliseconds to remember the number
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then
  return false
end
local number = 1 + highest_number(KEYS[2], KEYS[1])
redis.call('SET', KEYS[2], number, 'PX', ARGV[8])
redis.call('HSET', KEYS[3], ARGV[2], with_head(ARGV[3], 1, number, ARGV[1]))
redis.call('HSET', KEYS[4], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[1], number, ARGV[2])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[2])
redis.call('HDEL', KEYS[7], ARGV[1]) -- a chat where a rule is made is alive, moved or not
announce(KEYS[6], ARGV[7], ARGV[2])
return number
