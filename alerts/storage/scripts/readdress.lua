-- Moves a chat's rules and future entries to a new address. A number that is taken there makes
-- way for the next free one; all others stay.
-- KEYS: old chat, new chat, numbers, rules, feed, moved, lines, turns, chats
-- ARGV: old, new, feed length
local function highest(chat)
  return tonumber(redis.call('HGET', KEYS[3], chat) or '0')
end

local top = math.max(highest(ARGV[1]), highest(ARGV[2]))
local numbers = redis.call('HKEYS', KEYS[1])
table.sort(numbers, function(a, b) return tonumber(a) < tonumber(b) end)
for _, number in ipairs(numbers) do
  local id = redis.call('HGET', KEYS[1], number)
  if redis.call('HEXISTS', KEYS[2], number) == 1 then
    top = top + 1
    number = top
  end
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
  redis.call('HSET', KEYS[3], ARGV[2], top)
end
redis.call('HDEL', KEYS[6], ARGV[2]) -- so that a chat moved there and back has one address
redis.call('HSET', KEYS[6], ARGV[1], ARGV[2])

local chosen = redis.call('HGET', KEYS[9], ARGV[1])
if chosen then -- what was chosen at the new address itself stays
  redis.call('HSETNX', KEYS[9], ARGV[2], chosen)
  redis.call('HDEL', KEYS[9], ARGV[1])
end

local line, there = redis.call('HGET', KEYS[7], ARGV[1]), redis.call('HGET', KEYS[7], ARGV[2])
if line then
  redis.call('HSET', KEYS[7], ARGV[2], there and (line .. ' ' .. there) or line)
  redis.call('ZADD', KEYS[8], redis.call('ZSCORE', KEYS[8], ARGV[1]) or 0, ARGV[2])
  redis.call('HDEL', KEYS[7], ARGV[1])
  redis.call('ZREM', KEYS[8], ARGV[1])
end
return #numbers
