-- Leaves a mark in the feed of changes; returns its id.
-- KEYS: feed
-- ARGV: feed length
redis.call('PERSIST', KEYS[1])  -- as in acquire.lua: somebody leads though the server is full
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'mark', '')
