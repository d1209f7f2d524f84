-- Lines new entries up behind others of their chat, then hands out heads of lines, longest due first.
-- Returns {entries, whether more may be waiting, microseconds until the next turn or '', last id}.
-- ARGV 4: most entries to hand out

-- Where the server's clock was set back, every turn would lie in the future: they go back with it.
local last_look = tonumber(redis.call('GET', turns .. ':clock') or '0') or 0
if last_look - now > 5000000 then
  for _, chat in ipairs(redis.call('ZRANGE', turns, 0, -1)) do
    redis.call('ZINCRBY', turns, string.format('%d', now - last_look), chat)
  end
end
redis.call('SET', turns .. ':clock', string.format('%d', now))
redis.call('SET', turns .. ':attended', string.format('%d', now))

local function line_up(entry)
  local chat, turn = '', now - AHEAD
  for index = 1, #entry[2], 2 do
    if entry[2][index] == 'chat' then
      chat = entry[2][index + 1]
    elseif entry[2][index] == 'back' then
      turn = now
    end
  end
  join(address(moved, chat), entry[1], turn)
end

-- Without any line nothing may be pending: the lines were lost, or an older version read the stream.
if redis.call('EXISTS', lines) == 0 then
  for _, pending in ipairs(redis.call('XPENDING', outbox, group, '-', '+', 1000)) do
    local entry = redis.call('XRANGE', outbox, pending[1], pending[1])[1]
    if entry then
      line_up(entry)
    else
      redis.call('XACK', outbox, group, pending[1])
    end
  end
end

local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 200, 'STREAMS', outbox, '>')
local fresh = read and read[1][2] or {}
for _, entry in ipairs(fresh) do
  line_up(entry)
end
local entries = {}
for _, chat in ipairs(redis.call('ZRANGEBYSCORE', turns, '-inf', now, 'LIMIT', 0, ARGV[4])) do
  entries[#entries + 1] = hand(chat) or nil
end
local following = redis.call('ZRANGE', turns, 0, 0, 'WITHSCORES')[2]
local about, last = redis.call('XINFO', 'STREAM', outbox), ''
for index = 1, #about, 2 do
  if about[index] == 'last-generated-id' then
    last = about[index + 1]
  end
end
return {entries, #fresh == 200 and 1 or 0, following and math.max(following - now, 0) or '', last}
