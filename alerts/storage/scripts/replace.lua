-- Writes an edited rule if it still is as it was read. Returns the new revision, or nil.
-- KEYS: rules, states, due, feed
-- ARGV: id, rule (with the head that was read), state, due, feed length,
--       the state that was read, or nothing when it does not matter
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old then
  return false
end
local revision, number, chat = head_of(old)
local expected_revision, expected_number, expected_chat = head_of(ARGV[2])
if revision ~= expected_revision or number ~= expected_number or chat ~= expected_chat then
  return false
end
if ARGV[6] ~= '' and redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[6] then
  return false
end
local fresh = tonumber(revision) + 1
redis.call('HSET', KEYS[1], ARGV[1], with_head(ARGV[2], fresh, number, chat))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
announce(KEYS[4], ARGV[5], ARGV[1])
return fresh
