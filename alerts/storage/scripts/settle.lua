-- Removes an entry for good, to the dead letters where there is a reason; hands the next one of its
-- chat out, unless another courier has taken the chat over. What is laid aside joins what waits.
-- KEYS 5 and on: dead letters, aside, due times of what is aside, rang
-- ARGV 4 and on: chat, id, reason or '', most dead letters to keep,
--                events to lay aside or '', when they are due, most to keep, period it rang in or ''
local chat, id = address(moved, ARGV[4]), ARGV[5]
local entry = ARGV[6] ~= '' and redis.call('XRANGE', outbox, id, id)[1]
if entry then
  local fields = entry[2]
  fields[#fields + 1] = 'why'
  fields[#fields + 1] = ARGV[6]
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[7], '*', unpack(fields))
end
-- Only once, whoever settles it: an entry that is gone was laid aside and counted already.
local hushed = ARGV[8] ~= '' or ARGV[11] ~= ''
if hushed and #redis.call('XRANGE', outbox, id, id) == 1 then
  if ARGV[8] ~= '' then
    lay_aside(KEYS[6], KEYS[7], chat, ARGV[8], ARGV[9], tonumber(ARGV[10]))
  end
  if ARGV[11] ~= '' then
    local period, count = string.match(redis.call('HGET', KEYS[8], chat) or '', '^(%S+) (%d+)$')
    local rang = period == ARGV[11] and count + 1 or 1
    redis.call('HSET', KEYS[8], chat, string.format('%s %d', ARGV[11], rang))
  end
end
local ours = is_ours(id)
remove(chat, id)
return (ours or redis.call('HGET', lines, chat) == '') and hand(chat)
