-- Takes a person's name off a rule, whatever else has become of the rule meanwhile.
-- KEYS: rules
-- ARGV: rule id, the owner as the rule spells it, the owner's place left empty
local rule = redis.call('HGET', KEYS[1], ARGV[1])
local from, to = string.find(rule or '', ARGV[2], 1, true)
if from then
  redis.call('HSET', KEYS[1], ARGV[1], string.sub(rule, 1, from - 1) .. ARGV[3] .. string.sub(rule, to + 1))
end
