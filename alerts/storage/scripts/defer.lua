-- Gives an entry back: its chat's turn comes after a while, for any courier.
-- ARGV 4 and on: chat, id, microseconds, '1' when this was a try
local id = ARGV[5]
if not is_ours(id) then
  return 0
end
if ARGV[7] ~= '1' then
  local tries = redis.call('XPENDING', outbox, group, id, id, 1)[1][4]
  redis.call('XCLAIM', outbox, group, consumer, 0, id, 'RETRYCOUNT', tries - 1, 'JUSTID')
end
return redis.call('ZADD', turns, 'XX', now + ARGV[6], address(moved, ARGV[4]))
