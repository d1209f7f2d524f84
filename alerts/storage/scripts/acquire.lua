-- Takes or extends the lease. Returns the fencing number, or nil while another holds it.
-- A server that lost its counter in a failover is lifted above what this holder has seen.
-- KEYS: leader, fence
-- ARGV: holder, milliseconds, highest fence seen
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then
  return false
end
local fence, seen = tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[3])
if not held or fence < seen or fence == 0 then
  fence = math.max(fence, seen) + 1
  redis.call('SET', KEYS[2], string.format('%d', fence))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence
