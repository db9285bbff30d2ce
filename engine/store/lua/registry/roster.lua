-- roster: the workers that beat of late. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: [real ms, then per worker a WorkerRow, all in one list] (engine/store/wire.py), the newest first

local function roster(keys)
  local T = tag_of(keys)
  local reply = {real_ms()}
  local beats = redis.call('ZRANGE', T .. ' beats', 0, 999, 'REV', 'WITHSCORES')
  for i = 1, #beats, 2 do
    local said = redis.call('HGET', T .. ' workers', beats[i])
    if said then
      local before = #reply
      reply[before + WORKER_ROW.name] = beats[i]
      reply[before + WORKER_ROW.beat_ms] = tonumber(beats[i + 1])
      reply[before + WORKER_ROW.said] = said
    end
  end
  return reply
end

register('roster', roster, {'no-writes'})
