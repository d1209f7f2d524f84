-- One stretch of taking over idle entries. Returns {next cursor, {{id, fields, deliveries}, ...}}.
-- KEYS: outbox
-- ARGV: group, consumer, idle milliseconds, cursor, count
local claimed = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4],
  'COUNT', ARGV[5])
local entries = {}
for _, entry in ipairs(claimed[2]) do
  if entry then
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
    entries[#entries + 1] = {entry[1], entry[2], pending[1][4]}
  end
end
return {claimed[1], entries}
