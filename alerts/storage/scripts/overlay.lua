-- Writes what people did about a rule, and makes it due. Returns 0 when there is no such rule.
-- KEYS: rules, overlays, due
-- ARGV: id, overlay or '' for none, due
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
return 1
