-- Grants turns to send, in the order of asking. Returns {verdict, microseconds} per chat:
-- 0 granted after that long, 1 this chat may ask again then, 2 no chat has a turn before then.
-- The server's clock counts, so processes need not agree on the time.
-- KEYS: budget, then per chat: its next free time, its turns of the last minute
-- ARGV: microseconds between turns, how far ahead turns are granted, gap within a chat,
--       turns a minute of a group, microseconds of that minute,
--       '1' to grant in any case (it is sent anyway), 'answer' for what people wait for: it is granted
--       turns further ahead, so before others, but no more often than every so many microseconds;
--       how far, how often, then per chat: '1' for a group
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local every, ahead, gap = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local most, minute, anyway = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
local answers, between = ARGV[6] == 'answer', tonumber(ARGV[8])
ahead = answers and tonumber(ARGV[7]) or ahead

redis.call('HDEL', KEYS[1], '')  -- as in lines.lua: a full server may still deliver
local stored = redis.call('HMGET', KEYS[1], 'free', 'pause', 'clock', 'answers')
local clock = tonumber(stored[3] or '0') or 0
-- While the server's clock is behind what it once was, what lies beyond that is from before the step.
local function standing(text)
  local at = tonumber(text or '0') or 0
  return now + 5000000 < clock and at > clock and 0 or at
end

local free, pause, answered = standing(stored[1]), standing(stored[2]), standing(stored[4])
local turns = {}
for index = 9, #ARGV do
  local own_key, minute_key = KEYS[2 * (index - 9) + 2], KEYS[2 * (index - 9) + 3]
  local counted = most > 0 and ARGV[index] == '1'
  local own = standing(redis.call('GET', own_key))
  if counted then
    local first = redis.call('LINDEX', minute_key, -most)
    own = math.max(own, first and standing(first) + minute or 0)
  end
  local turn = math.max(free, now)
  local room = answers and math.max(turn, answered) or turn
  if anyway then
    own, pause, ahead = now, 0, math.huge
  end
  if pause > now then
    turns[#turns + 1] = {2, pause - now}
  elseif own > turn then
    turns[#turns + 1] = {1, own - now}
  elseif room > now + ahead then
    turns[#turns + 1] = {2, room - now - ahead / 2}
  else
    turns[#turns + 1] = {0, turn - now}
    answered = answers and math.max(answered, now) + between or answered
    free = turn + every
    if gap > 0 then
      local text = string.format('%d', turn + gap)
      redis.call('SET', own_key, text, 'PX', math.ceil((turn + gap - now) / 1000))
    end
    if counted then
      redis.call('RPUSH', minute_key, string.format('%d', turn))
      redis.call('LTRIM', minute_key, -most, -1)
      redis.call('PEXPIRE', minute_key, math.ceil((turn + minute - now) / 1000))
    end
  end
end
clock = string.format('%d', math.max(clock, now))
redis.call('HSET', KEYS[1], 'free', string.format('%d', free), 'clock', clock, 'answers', string.format('%d', answered))
redis.call('PEXPIRE', KEYS[1], 86400000)
return turns
