-- Removes an entry for good.
-- KEYS: outbox
-- ARGV: group, id
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
