-- Appends readings to their series' fine blocks, unless out of order or too close to the last.
-- A reading that begins a new block seals the one before: its memory is fitted to its length, its
-- last point joins the coarse block, and blocks past retention go. Block names derive from the
-- series' key, as which block was last is known here only.
-- Returns the positions of readings whose history is not ours.
-- KEYS: hash of each series' newest block, then one per reading
-- ARGV: size of a point, spacing, width of a fine block, fine blocks kept, width of a coarse
--       block, coarse blocks kept, then per reading: milliseconds, point
local SIZE, SPACING = tonumber(ARGV[1]), tonumber(ARGV[2])
local WIDTH, KEPT = tonumber(ARGV[3]), tonumber(ARGV[4])
local STRETCH, STRETCHES = tonumber(ARGV[5]), tonumber(ARGV[6])
local FIRST = 6

-- A series nobody reads any more leaves after twice its retention, by the server's own clock.
local function lasting(width, kept)
  return math.floor(width * (kept + 1) * 2)
end

local function forget(stem, first, last)
  for number = first, last do
    redis.call('UNLINK', stem .. number)
  end
end

local function join_coarse(base, slot, at, rest)
  local number = math.floor(at / STRETCH)
  local key = base .. ':c' .. number
  local point = struct.pack('>I4', at - number * STRETCH) .. rest
  local content = redis.call('GET', key) or ''
  if #content >= SIZE then
    local last = number * STRETCH + struct.unpack('>I4', string.sub(content, -SIZE))
    local there = math.floor(last / WIDTH)
    if there > slot then
      return
    end
    if there == slot then
      content = string.sub(content, 1, -SIZE - 1)
    end
  else
    forget(base .. ':c', number - STRETCHES - 3, number - STRETCHES - 1)
  end
  redis.call('SET', key, content .. point, 'PX', lasting(STRETCH, STRETCHES))
end

local function seal(base, slot)
  local key = base .. ':' .. slot
  local content = redis.call('GET', key)
  if content and #content >= SIZE then
    redis.call('SET', key, content, 'KEEPTTL')
    local point = string.sub(content, -SIZE)
    local at = slot * WIDTH + struct.unpack('>I4', point)
    join_coarse(base, slot, at, string.sub(point, 5))
  end
end

local function put(base, at, point)
  local slot = math.floor(at / WIDTH)
  local newest = tonumber(redis.call('HGET', KEYS[1], base) or -1)
  if slot < newest then
    return
  end
  local key = base .. ':' .. slot
  local last = redis.call('GETRANGE', key, -SIZE, -1)
  if #last == SIZE and at - slot * WIDTH - struct.unpack('>I4', last) < SPACING then
    return
  end
  if slot > newest then
    if newest >= 0 then
      seal(base, newest)
      forget(base .. ':', newest - KEPT, math.min(slot - KEPT - 1, newest))
    end
    redis.call('HSET', KEYS[1], base, slot)
  end
  if redis.call('APPEND', key, point) == SIZE then
    redis.call('PEXPIRE', key, lasting(WIDTH, KEPT))
  end
end

local foreign = {}
for index = 2, #KEYS do
  local at = FIRST + 2 * (index - 1) - 1
  local went, why = pcall(put, KEYS[index], tonumber(ARGV[at]), ARGV[at + 1])
  why = type(why) == 'table' and why.err or tostring(why)
  if not went and string.find(why, 'OOM', 1, true) then
    return redis.error_reply("OOM command not allowed when used memory > 'maxmemory'.")
  elseif not went then
    foreign[#foreign + 1] = index - 1
  end
end
return foreign
