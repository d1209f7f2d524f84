-- Keeps entries the consumer's own, where they still are.
-- ARGV 4 and on: chat, id
redis.call('SET', turns .. ':attended', string.format('%d', now))
for index = 4, #ARGV, 2 do
  if is_ours(ARGV[index + 1]) then
    redis.call('ZADD', turns, 'XX', now + hold, address(moved, ARGV[index]))
  end
end
