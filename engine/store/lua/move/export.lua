-- export: all of some tasks. Writes nothing.
-- ARGV: id, ...
-- Reply: per task that there is [id, is its ref's pointer to it, deadline of its own lease or nil, [field, value, ...],
--        [mail, ...]]

local function export(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  local backup = redis.call('HEXISTS', T .. ' meta', 'keep') == 1
  for _, id in ipairs(argv) do
    local task = look(T, id)
    if task and not (backup and redis.call('SISMEMBER', T .. ' imaged', id) == 1) then
      local deadline = task.p == 'calling' and task.f and redis.call('ZSCORE', T .. ' leases', task.f)
      reply[#reply + 1] = {id, redis.call('GET', T .. ' r:' .. (task.r or id)) == id and 1 or 0, deadline,
        redis.call('HGETALL', T .. ' t:' .. id), redis.call('LRANGE', T .. ' mail:' .. id, 0, -1)}
    end
  end
  return reply
end

register('export', export, {'no-writes'})
