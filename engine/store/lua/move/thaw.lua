-- thaw: frozen buckets stay after all: what claims have put off goes back into its lane.
-- ARGV: mover, [bucket, ...]
-- Reply: how many of them

local function thaw(T, argv)
  local changed = turn(T, numbers_of(argv[2]), 'f', 'o')
  local buckets, lanes = buckets_of(T), {}
  local put = redis.call('LRANGE', T .. ' put', 0, -1)
  redis.call('DEL', T .. ' put')
  for _, id in ipairs(put) do
    local task = look(T, id)
    local state = state_of(buckets, id)
    if task and task.p == 'ready' and state == 'o' then
      local lane = task.l or 'run'
      lanes[lane] = lanes[lane] or {}
      table.insert(lanes[lane], id)
    elseif state == 'f' then
      redis.call('RPUSH', T .. ' put', id)
    end
  end
  for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  return changed
end

register_for_mover('thaw', thaw, {'allow-oom'})
