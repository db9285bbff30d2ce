-- audit_target: whether a task elsewhere that waits for this one's answer may yet get it. Writes nothing.
-- ARGV: ref or id, id of a task elsewhere that waits for its answer
-- Reply: 1 when that task may yet be answered: this one lives, or something is on its way to that one; else 0

local function audit_target(keys, argv)
  local T = tag_of(keys)
  if state_of(buckets_of(T), argv[1]) ~= 'o' then return elsewhere(argv[1]) end
  local id = resolve(T, argv[1])
  if id and redis.call('HGET', T .. ' t:' .. id, 'p') ~= 'final' then return 1 end
  for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+')) do
    for n = 1, #entry[2], 2 do
      if entry[2][n] == 'g' and entry[2][n + 1] == argv[2] then return 1 end
    end
  end
  return 0
end

register('audit_target', audit_target, {'no-writes'})
