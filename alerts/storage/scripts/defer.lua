-- Gives an entry back: its chat's turn comes after a while, for any courier. At once means: behind
-- the news that is there already.
-- ARGV 4 and on: chat, id, microseconds, '1' when this was a try
local id = ARGV[5]
if not is_ours(id) then
  return 0
end
if ARGV[7] ~= '1' then
  local tries = redis.call('XPENDING', outbox, group, id, id, 1)[1][4]
  redis.call('XCLAIM', outbox, group, consumer, 0, id, 'RETRYCOUNT', tries - 1, 'JUSTID')
end
local turn = ARGV[6] == '0' and now - AHEAD or now + ARGV[6]
return redis.call('ZADD', turns, 'XX', turn, address(moved, ARGV[4]))
