-- Stores a wait the platform asked for. Several chats told to wait within a short time mean that
-- the token itself is too fast: then all of them wait, though never long for one chat's sake.
-- KEYS: budget, the chat's next free time, chats told to wait lately
-- ARGV: chat or '' for everybody, microseconds, how many are several, within microseconds,
--       longest wait of everybody for the sake of several
local time = redis.call('TIME')
local now, wait = time[1] * 1000000 + time[2], tonumber(ARGV[2])

local function pause(microseconds)
  local known = tonumber(redis.call('HGET', KEYS[1], 'pause') or '0')
  redis.call('HSET', KEYS[1], 'pause', string.format('%d', math.max(known, now + microseconds)))
  redis.call('PEXPIRE', KEYS[1], math.max(86400000, math.ceil(microseconds / 1000)))
end

if ARGV[1] == '' then
  return pause(wait)
end
local own = tonumber(redis.call('GET', KEYS[2]) or '0')
local free = math.max(own, now + wait)
redis.call('SET', KEYS[2], string.format('%d', free), 'PX', math.ceil((free - now) / 1000) + 1)
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[4])
redis.call('PEXPIRE', KEYS[3], math.ceil(ARGV[4] / 1000))
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[3]) then
  pause(math.min(wait, tonumber(ARGV[5])))
end
