-- Takes changes of a chat's rules back, all or none. Returns 1; 0 when the chat has no place for what
-- would return; nil when one of them is not as the change left it. A removed rule comes back under
-- its own revision, so news of it that still waits is told; an edited one gets a new revision.
-- KEYS: chat, rules, states, due, feed, overlays
-- ARGV: chat, due, limit, feed length, then per rule: id, number, rule and overlay as the change left
--       them ('' for a rule that it removed), rule, state and overlay as they were ('' if made by it)
local more = 0
for at = 5, #ARGV, 7 do
  local id, now = ARGV[at], redis.call('HGET', KEYS[2], ARGV[at])
  if ARGV[at + 2] == '' then
    if now or redis.call('HEXISTS', KEYS[1], ARGV[at + 1]) == 1 then
      return false
    end
    more = more + 1
  else
    local revision, number, chat = head_of(now or '')
    local left_revision, left_number, left_chat = head_of(ARGV[at + 2])
    if revision ~= left_revision or number ~= left_number or chat ~= left_chat then
      return false
    end
    if chat ~= ARGV[1] or (redis.call('HGET', KEYS[6], id) or '') ~= ARGV[at + 3] then
      return false
    end
    more = more - (ARGV[at + 4] == '' and 1 or 0)
  end
end
if more > 0 and redis.call('HLEN', KEYS[1]) + more > tonumber(ARGV[3]) then
  return 0
end

for at = 5, #ARGV, 7 do
  local id, number, left, before, overlay = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 4], ARGV[at + 6]
  if overlay == '' then
    redis.call('HDEL', KEYS[6], id)
  else
    redis.call('HSET', KEYS[6], id, overlay)
  end
  if before == '' then
    redis.call('HDEL', KEYS[1], number)
    redis.call('HDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
  else
    local revision = left == '' and revision_of(before) or revision_of(left) + 1
    redis.call('HSET', KEYS[1], number, id)
    redis.call('HSET', KEYS[2], id, with_head(before, revision, number, ARGV[1]))
    redis.call('HSET', KEYS[3], id, ARGV[at + 5])
    redis.call('ZADD', KEYS[4], ARGV[2], id)
  end
  announce(KEYS[5], ARGV[4], id)
end
return 1
