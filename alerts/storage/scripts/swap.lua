-- Replaces a block that nobody changed since it was read, and tells of a newer block of its series.
-- Returns 1 when it was replaced, 0 when it had changed.
-- KEYS: the block, the hash of newest blocks
-- ARGV: content as read, new content, milliseconds to live, field of the series, block ('' : none)
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[5] ~= '' and tonumber(ARGV[5]) > tonumber(redis.call('HGET', KEYS[2], ARGV[4]) or -1) then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
end
return 1
