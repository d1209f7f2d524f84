-- Removes an entry for good, to the dead letters where there is a reason; hands the next one of its
-- chat out, unless another courier has taken the chat over.
-- KEYS 5: dead letters
-- ARGV 4 and on: chat, id, reason or '', most dead letters to keep
local chat, id = address(moved, ARGV[4]), ARGV[5]
local entry = ARGV[6] ~= '' and redis.call('XRANGE', outbox, id, id)[1]
if entry then
  local fields = entry[2]
  fields[#fields + 1] = 'why'
  fields[#fields + 1] = ARGV[6]
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[7], '*', unpack(fields))
end
local ours = is_ours(id)
remove(chat, id)
return (ours or redis.call('HGET', lines, chat) == '') and hand(chat)
