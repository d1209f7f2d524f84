-- Makes the consumer group of couriers, and the outbox where it is missing.
-- KEYS: outbox
-- ARGV: group
redis.call('PERSIST', KEYS[1])  -- as in acquire.lua: news goes out though the server is full
return redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
