-- audit_counts: whether the counts say how many tasks stand in each node. Writes nothing.
-- ARGV: how many ready and running tasks it may look at, message of [node, ...]
-- Reply: [FindingRow, ...] (engine/store/wire.py), or nil when there are more, or 'moving': tasks go to another
--        partition just now

local function audit_counts(keys, argv)
  local T = tag_of(keys)
  if redis.call('HEXISTS', T .. ' meta', 'mover') == 1 then return 'moving' end
  local counted, found = counted_tasks(T), {}
  local actual = standing(T, counted, cmsgpack.unpack(argv[2]), tonumber(argv[1]))
  if not actual then return false end
  for node, tasks in pairs(actual) do
    if tasks ~= (counted[node] or 0) then
      add_finding(found, 'count', 'cnt', node, whole(counted[node] or 0) .. ' ' .. whole(tasks))
    end
  end
  return found
end

register('audit_counts', audit_counts, {'no-writes'})
