-- Sets an entry that no courier can read aside, with the reason.
-- KEYS: outbox, dead
-- ARGV: group, id, reason, most to keep
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then
  local fields = entry[2]
  fields[#fields + 1] = 'why'
  fields[#fields + 1] = ARGV[3]
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', unpack(fields))
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
