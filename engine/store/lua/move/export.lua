-- export: all of some tasks. Writes nothing.
-- ARGV: id, ...
-- Reply: a CarriedRow per task that there is (engine/store/wire.py)

local function export(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  local backup = redis.call('HEXISTS', T .. ' meta', 'keep') == 1
  for _, id in ipairs(argv) do
    local task = look(T, id)
    if task and not (backup and redis.call('SISMEMBER', T .. ' imaged', id) == 1) then
      local deadline = task.p == 'calling' and task.f and redis.call('ZSCORE', T .. ' leases', task.f)
      reply[#reply + 1] = carry(T, id, task.r, deadline)
    end
  end
  return reply
end

register('export', export, {'no-writes'})
