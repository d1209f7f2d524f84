-- Takes or extends the lease. Returns {1, fencing number}, or {0, highest number given} while another
-- holds it. A server that lost its counter in a failover is lifted above what this holder has seen.
-- KEYS: leader, fence, schema
-- ARGV: holder, milliseconds, highest fence seen, schema
local schema = redis.call('GET', KEYS[3])
if schema and schema ~= ARGV[4] then
  return redis.error_reply('the schema is ' .. schema .. ' by now, and this program writes ' .. ARGV[4])
end
-- A first write that needs no memory: after it a full server lets the rest of the script through, so
-- that somebody leads, and makes room.
redis.call('PERSIST', KEYS[2])
local held, left, longest = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]), tonumber(ARGV[2])
local fence, seen = tonumber(redis.call('GET', KEYS[2]) or '0') or 0, tonumber(ARGV[3])
if held and held ~= ARGV[1] and left >= 0 then  -- a lease without an end is none of ours
  if left > longest then  -- the server's clock was set back
    redis.call('PEXPIRE', KEYS[1], longest)
  end
  return {0, fence}
end
local restarted = has_restarted(KEYS[2])
if held ~= ARGV[1] or restarted or fence < seen or fence == 0 then
  fence = math.max(fence, seen) + 1
  redis.call('SET', KEYS[2], string.format('%d', fence))
end
if held ~= ARGV[1] or restarted then
  redis.call('SET', KEYS[2] .. ':server', server_run())
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, fence}
