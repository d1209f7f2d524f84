-- Moves a chat's rules, episodes and future entries to a new address. A number that is taken there
-- makes way for the next free one; all others stay.
-- KEYS: old chat, new chat, the new one's highest number, rules, feed, moved, lines, turns, chats,
--       aside, due times of what is aside, rang,
--       old and new episodes, old and new order of them, the old one's highest number
-- ARGV: old, new, feed length, most events that wait in a chat, most moves to remember,
--       milliseconds to remember a number
local top = math.max(highest_number(KEYS[17], KEYS[1]), highest_number(KEYS[3], KEYS[2]))
local number_of = {}
local numbers = redis.call('HKEYS', KEYS[1])
table.sort(numbers, function(a, b) return tonumber(a) < tonumber(b) end)
for _, number in ipairs(numbers) do
  local id = redis.call('HGET', KEYS[1], number)
  if redis.call('HEXISTS', KEYS[2], number) == 1 then
    top = top + 1
    number = top
  end
  number_of[id] = number
  redis.call('HSET', KEYS[2], number, id)
  local rule = redis.call('HGET', KEYS[4], id)
  local moved = rule and with_head(rule, revision_of(rule) or 0, number, ARGV[2])
  if moved then
    redis.call('HSET', KEYS[4], id, moved)
  end
  announce(KEYS[5], ARGV[3], id)
end
redis.call('DEL', KEYS[1])
if top > 0 then
  redis.call('SET', KEYS[3], top, 'PX', ARGV[6])
end
redis.call('HDEL', KEYS[6], ARGV[2]) -- so that a chat moved there and back has one address
if redis.call('HLEN', KEYS[6]) >= tonumber(ARGV[5]) then -- moves that nothing waits for any more
  for _, former in ipairs(redis.call('HKEYS', KEYS[6])) do
    if redis.call('HEXISTS', KEYS[7], former) == 0 then
      redis.call('HDEL', KEYS[6], former)
    end
  end
end
redis.call('HSET', KEYS[6], ARGV[1], ARGV[2])

for _, key in ipairs({KEYS[9], KEYS[12]}) do -- what was chosen or rang at the new address stays
  local own = redis.call('HGET', key, ARGV[1])
  if own then
    redis.call('HSETNX', key, ARGV[2], own)
    redis.call('HDEL', key, ARGV[1])
  end
end
local waiting = redis.call('HGET', KEYS[10], ARGV[1])
if waiting then
  local due = redis.call('ZSCORE', KEYS[11], ARGV[1]) or 0
  lay_aside(KEYS[10], KEYS[11], ARGV[2], waiting, due, tonumber(ARGV[4]))
  redis.call('HDEL', KEYS[10], ARGV[1])
  redis.call('ZREM', KEYS[11], ARGV[1])
end

local line, there = redis.call('HGET', KEYS[7], ARGV[1]), redis.call('HGET', KEYS[7], ARGV[2])
if line then
  redis.call('HSET', KEYS[7], ARGV[2], there and (line .. ' ' .. there) or line)
  redis.call('ZADD', KEYS[8], redis.call('ZSCORE', KEYS[8], ARGV[1]) or 0, ARGV[2])
  redis.call('HDEL', KEYS[7], ARGV[1])
  redis.call('ZREM', KEYS[8], ARGV[1])
end

local texts = redis.call('HGETALL', KEYS[13])
for at = 1, #texts, 2 do
  local name, text = texts[at], texts[at + 1]
  local _, number = head_of(text)  -- the news of an episode has no such head, and stays as it is
  if number then
    number = number_of[string.match(name, '^[^.]*')] or number
    text = with_head(text, revision_of(text), number, ARGV[2])
  end
  redis.call('HSET', KEYS[14], name, text)
end
if #texts > 0 then
  redis.call('ZUNIONSTORE', KEYS[16], 2, KEYS[16], KEYS[15], 'AGGREGATE', 'MAX')
  redis.call('DEL', KEYS[13], KEYS[15])
end
return #numbers
