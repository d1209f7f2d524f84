-- Appends readings to their series, unless too close to the last; trims what is too old.
-- Returns the positions of readings whose key is not a history of ours.
-- KEYS: one per reading
-- ARGV: spacing, retention, then per reading: milliseconds, point
local spacing, retention = tonumber(ARGV[1]), tonumber(ARGV[2])
local foreign = {}
for index, key in ipairs(KEYS) do
  local at, point = tonumber(ARGV[1 + 2 * index]), ARGV[2 + 2 * index]
  local last = redis.pcall('XREVRANGE', key, '+', '-', 'COUNT', 1)
  if last.err then
    foreign[#foreign + 1] = index
  elseif not last[1] or at - tonumber(string.match(last[1][1], '^%d+')) >= spacing then
    redis.call('XADD', key, 'MINID', '=', at - retention, ARGV[1 + 2 * index] .. '-0', '1', point)
  end
end
return foreign
