-- The lines of chats, put before the scripts of the outbox. An entry read from the stream stays
-- pending in it, and its id stands in its chat's line; only the head of a line is ever handed out.
-- A chat's turn is when the head may be handed out: by then its courier keeps it or has fallen silent.
-- KEYS: outbox, lines (hash), turns (sorted set), moved (hash)
-- ARGV: group, consumer, microseconds that an entry is the consumer's without being kept
local outbox, lines, turns, moved = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group, consumer, hold = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now = micros()

-- A first write that needs no memory: after it a full server lets the rest of the script through, and
-- what was delivered can leave.
redis.call('HDEL', lines, 'nobody')

-- News goes before what was held back: it counts as if it had come so much earlier. Held news of that
-- age has caught up, so it waits no longer than that for its rank.
local AHEAD = 600000000

local function join(chat, id, turn)
  local line = redis.call('HGET', lines, chat)
  if line and string.find(' ' .. line .. ' ', ' ' .. id .. ' ', 1, true) then
    return
  end
  redis.call('HSET', lines, chat, line and (line .. ' ' .. id) or id)
  local known = tonumber(redis.call('ZSCORE', turns, chat) or 'inf')
  if not line or (turn < known and known <= now) then  -- it is in nobody's hands, and need not wait
    redis.call('ZADD', turns, turn, chat)
  end
end

-- Takes an entry out of its chat's line, and out of the stream.
local function remove(chat, id)
  local left = {}
  for other in string.gmatch(redis.call('HGET', lines, chat) or '', '%S+') do
    if other ~= id then
      left[#left + 1] = other
    end
  end
  redis.call('HSET', lines, chat, table.concat(left, ' '))
  if string.match(id, '^%d+%-%d+$') then
    redis.call('XACK', outbox, group, id)
    redis.call('XDEL', outbox, id)
  end
end

local function is_ours(id)
  return redis.call('XPENDING', outbox, group, id, id, 1, consumer)[1] ~= nil
end

-- The head of a chat's line as {id, fields, tries, chat}, now the consumer's; false when nobody waits.
local function hand(chat)
  while true do
    local head = string.match(redis.call('HGET', lines, chat) or '', '^%S+')
    if not head then
      redis.call('HDEL', lines, chat)
      redis.call('ZREM', turns, chat)
      return false
    end
    local is_id = string.match(head, '^%d+%-%d+$')
    local entry = is_id and redis.call('XCLAIM', outbox, group, consumer, 0, head)[1]
    if entry and entry[2] then
      redis.call('ZADD', turns, now + hold, chat)
      local pending = redis.call('XPENDING', outbox, group, head, head, 1)[1]
      return {head, entry[2], pending[4] - 1, chat}  -- reading it was no try
    end
    remove(chat, head)
  end
end

