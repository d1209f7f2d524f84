-- Removes entries for good, to the dead letters where there is a reason; hands the next one of each
-- chat out, unless another courier has taken the chat over. What is laid aside joins what waits.
-- Returns what follows each, or nil where nothing does.
-- KEYS 5 and on: dead letters, aside, due times of what is aside, rang
-- ARGV 4 and on: most dead letters to keep, most events to keep aside, then per entry:
--                chat, id, reason or '', events to lay aside or '', when they are due,
--                period it rang in or '', key of a note or '', its text, milliseconds to keep it
local most_dead, most_aside = ARGV[4], tonumber(ARGV[5])

local function settle(chat, id, why, events, due, period)
  local ours = is_ours(id)  -- first, for it fails without a group, and the script is run again
  -- Of a chat that moved, another entry may be at the head, and in hand already.
  local is_head = string.match(redis.call('HGET', lines, chat) or '', '^%S+') == id
  local entry = why ~= '' and redis.call('XRANGE', outbox, id, id)[1]
  if entry then
    local fields = entry[2]
    fields[#fields + 1] = 'why'
    fields[#fields + 1] = why
    redis.call('XADD', KEYS[5], 'MAXLEN', '~', most_dead, '*', unpack(fields))
  end
  -- Only once, whoever settles it: an entry that is gone was laid aside and counted already.
  local hushed = events ~= '' or period ~= ''
  if hushed and #redis.call('XRANGE', outbox, id, id) == 1 then
    if events ~= '' then
      lay_aside(KEYS[6], KEYS[7], chat, events, due, most_aside)
    end
    if period ~= '' then
      local known, count = string.match(redis.call('HGET', KEYS[8], chat) or '', '^(%S+) (%d+)$')
      local rang = known == period and count + 1 or 1
      redis.call('HSET', KEYS[8], chat, string.format('%s %d', period, rang))
    end
  end
  remove(chat, id)
  return (ours and is_head or redis.call('HGET', lines, chat) == '') and hand(chat)
end

local following = {}
for at = 6, #ARGV, 9 do
  local chat = address(moved, ARGV[at])
  following[#following + 1] = settle(chat, unpack(ARGV, at + 1, at + 5))
  if ARGV[at + 6] ~= '' then
    redis.call('SET', ARGV[at + 6], ARGV[at + 7], 'PX', ARGV[at + 8])
  end
end
return following
