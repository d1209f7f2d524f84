-- Put before every script. A rule's text starts with revision, number and chat: alerts/codec
-- promises it, so they are read and rewritten here without parsing (cjson would round numbers).
local HEAD = '^({"v":%d+,"revision":)(%d+)(,"number":)(%d+)(,"chat":")([^"]*)(".*)$'

local function revision_of(rule)
  return string.match(rule, '^{"v":%d+,"revision":(%d+),')
end

local function head_of(rule)
  local _, revision, _, number, _, chat = string.match(rule, HEAD)
  return revision, number, chat
end

-- The rule's text with another head; nil when the text is not a rule.
local function with_head(rule, revision, number, chat)
  local a, _, b, _, c, _, rest = string.match(rule, HEAD)
  return a and (a .. revision .. b .. number .. c .. chat .. rest)
end

local function announce(feed, length, id)
  redis.call('XADD', feed, 'MAXLEN', '~', length, '*', 'rule', id)
end

-- The highest number a chat has given, also where what remembers it was lost or has faded.
local function highest_number(key, chat)
  local highest = tonumber(redis.call('GET', key) or '0') or 0
  for _, taken in ipairs(redis.call('HKEYS', chat)) do
    highest = math.max(highest, tonumber(taken) or 0)
  end
  return highest
end

-- A server that came back may have less than it once confirmed. The lease keeps the server's run id
-- beside the fence, so that a leader whose server restarted begins a new term, from what is there.
local function server_run()
  local about = redis.pcall('INFO', 'server')  -- some users may not ask: then it stays unnoticed
  return type(about) == 'string' and string.match(about, 'run_id:(%w+)') or ''
end

local function has_restarted(fence)
  local known, run = redis.call('GET', fence .. ':server'), server_run()
  return known and run ~= '' and known ~= run
end

-- Microseconds since 1970, by the server's clock.
local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Where a chat is now, through any number of moves.
local function address(moved, chat)
  for _ = 1, 100 do
    local to = redis.call('HGET', moved, chat)
    if not to then
      break
    end
    chat = to
  end
  return chat
end

-- Adds events, one a line, to what waits in a chat; it is due when the first of it is.
local function lay_aside(asides, dues, chat, events, due, most)
  local waiting = redis.call('HGET', asides, chat)
  local text = waiting and (waiting .. '\n' .. events) or events
  local _, breaks = string.gsub(text, '\n', '')
  for _ = most, breaks do
    text = string.sub(text, string.find(text, '\n', 1, true) + 1)
  end
  redis.call('HSET', asides, chat, text)
  redis.call('ZADD', dues, 'LT', due, chat)
end

