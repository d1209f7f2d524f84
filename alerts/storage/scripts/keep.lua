-- Resets the idle time of entries that still are the consumer's own.
-- KEYS: outbox
-- ARGV: group, consumer, ids
for index = 3, #ARGV do
  local id = ARGV[index]
  if redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])[1] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
  end
end
