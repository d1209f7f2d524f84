-- Writes a tick. Returns the ids written, or nil (and writes nothing) behind a newer fence, or when
-- the server has restarted since this term began.
-- KEYS: fence, rules, states, due, latest, overlays, stems of the chats' episodes and of their order,
--       then one outbox per platform
-- ARGV: fence, most episodes of a chat, microseconds they are kept, number of readings, then series
--       and text of each reading, number of pieces of evidence, then their texts,
--       then per step: id, revision, state, due or '', the overlay as it was seen or '',
--       chat or '', index of its outbox, event or '',
--       and for an episode: 'nth at evidence', where the evidence is 0 for later news of it
-- Messages go first: should the server refuse midway, an alert is told twice rather than never.
local fence, highest = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0') or 0
if fence < highest or has_restarted(KEYS[1]) then
  return false
end
redis.call('PERSIST', KEYS[1])  -- as in acquire.lua: alerts go out of a full server too
if fence > highest then
  redis.call('SET', KEYS[1], ARGV[1])
end
local most, keep = tonumber(ARGV[2]), tonumber(ARGV[3])
local evidence = 5 + 2 * tonumber(ARGV[4])
local steps = evidence + 1 + tonumber(ARGV[evidence])

-- Lets go of a chat's episodes beyond the most, and of those that fired too long ago.
local function trim(chat, at)
  local texts, order = KEYS[7] .. chat, KEYS[8] .. chat
  local gone = redis.call('ZRANGEBYSCORE', order, '-inf', at - keep)
  local over = redis.call('ZCARD', order) - most
  if over > #gone then
    gone = redis.call('ZRANGE', order, 0, over - 1)
  end
  for _, name in ipairs(gone) do
    redis.call('HDEL', texts, name, name .. '+')
    redis.call('ZREM', order, name)
  end
  redis.call('PEXPIRE', texts, math.floor(keep / 1000))
  redis.call('PEXPIRE', order, math.floor(keep / 1000))
end

-- An episode begins with its rule, its first news and what decided; what comes later of it replaces
-- what came before. The chat is the rule's, which may have moved since the news was written.
local fired = {}
local function remember(id, rule, event, about)
  local nth, at, place = string.match(about, '^(%d+) (%-?%d+) (%d+)$')
  local _, _, chat = head_of(rule)
  local texts, order, name = KEYS[7] .. chat, KEYS[8] .. chat, id .. '.' .. nth
  if place == '0' then
    if redis.call('HEXISTS', texts, name) == 1 then
      redis.call('HSET', texts, name .. '+', event)
    end
    return
  end
  redis.call('HDEL', texts, name .. '+')
  redis.call('HSET', texts, name, rule .. '\n' .. event .. '\n' .. ARGV[evidence + place])
  redis.call('ZADD', order, at, name)
  fired[chat] = tonumber(at)
end

local written, kept, rules, chats, news, outbox_of = {}, {}, {}, {}, {}, {}
for at = steps, #ARGV, 9 do
  local rule = redis.call('HGET', KEYS[2], ARGV[at])
  if rule and revision_of(rule) == ARGV[at + 1] then
    written[#written + 1] = ARGV[at]
    kept[#kept + 1] = at
    local chat, event = ARGV[at + 5], ARGV[at + 7]
    if event ~= '' then
      if not news[chat] then
        chats[#chats + 1] = chat
        news[chat] = {}
        outbox_of[chat] = KEYS[8 + tonumber(ARGV[at + 6])]
      end
      table.insert(news[chat], event)
      rules[at] = rule
    end
  end
end

for _, chat in ipairs(chats) do
  redis.call('XADD', outbox_of[chat], '*', 'chat', chat, 'events', table.concat(news[chat], '\n'))
end
-- What people did while the tick was under way is looked at by the next one, at once.
local touched = redis.call('HLEN', KEYS[6]) > 0
for _, at in ipairs(kept) do
  local due, seen = ARGV[at + 3], ARGV[at + 4]
  if touched or seen ~= '' then
    due = (redis.call('HGET', KEYS[6], ARGV[at]) or '') == seen and due or '0'
  end
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 2])
  if due == '' then
    redis.call('ZREM', KEYS[4], ARGV[at])
  else
    redis.call('ZADD', KEYS[4], due, ARGV[at])
  end
  if ARGV[at + 8] ~= '' then
    remember(ARGV[at], rules[at], ARGV[at + 7], ARGV[at + 8])
  end
end
for chat, at in pairs(fired) do
  trim(chat, at)
end
for at = 5, evidence - 1, 2 do
  redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 1])
end
return written
