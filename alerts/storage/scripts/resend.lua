-- Puts a dead letter back into the queue. Returns 0 when there is none of that id.
-- KEYS: dead letters, outbox
-- ARGV: id
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then
  return 0
end
local fields = {}
for index = 1, #letter[2], 2 do
  if letter[2][index] ~= 'why' then
    fields[#fields + 1] = letter[2][index]
    fields[#fields + 1] = letter[2][index + 1]
  end
end
redis.call('XADD', KEYS[2], '*', unpack(fields))
return redis.call('XDEL', KEYS[1], ARGV[1])
