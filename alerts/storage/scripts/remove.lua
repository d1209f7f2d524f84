-- Deletes a chat's rule by number. Returns {id, rule, state, overlay}, or nil when there is none.
-- KEYS: chat, rules, states, due, feed, overlays, the chat's highest number
-- ARGV: number, feed length, milliseconds to remember that number
local id = redis.call('HGET', KEYS[1], ARGV[1])
if not id then
  return false
end
local gone = {id, redis.call('HGET', KEYS[2], id), redis.call('HGET', KEYS[3], id), redis.call('HGET', KEYS[6], id)}
redis.call('SET', KEYS[7], highest_number(KEYS[7], KEYS[1]), 'PX', ARGV[3])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], id)
redis.call('HDEL', KEYS[3], id)
redis.call('HDEL', KEYS[6], id)
redis.call('ZREM', KEYS[4], id)
announce(KEYS[5], ARGV[2], id)
return gone
