-- held: all values of some tasks that may be sealed. Writes nothing.
-- ARGV: id, ...
-- Reply: a HeldRow per task that there is (engine/store/wire.py)

local function held(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for _, id in ipairs(argv) do
    local values = redis.call('HMGET', T .. ' t:' .. id, 'd', 'm', 'e', 'q', 'r')
    if values[1] or values[2] then
      reply[#reply + 1] = {
        [HELD_ROW.task_id] = id, [HELD_ROW.ref] = values[5], [HELD_ROW.data] = values[1], [HELD_ROW.meta] = values[2],
        [HELD_ROW.event] = values[3], [HELD_ROW.request] = values[4],
        [HELD_ROW.mail] = redis.call('LRANGE', T .. ' mail:' .. id, 0, -1)}
    end
  end
  return reply
end

register('held', held, {'no-writes'})
