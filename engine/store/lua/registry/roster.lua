-- roster: the workers that beat of late. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: [real ms, then per worker: name, real ms of its last beat, what it said], the newest first

local function roster(keys)
  local T = tag_of(keys)
  local reply = {real_ms()}
  local beats = redis.call('ZRANGE', T .. ' beats', 0, 999, 'REV', 'WITHSCORES')
  for i = 1, #beats, 2 do
    local said = redis.call('HGET', T .. ' workers', beats[i])
    if said then
      reply[#reply + 1] = beats[i]
      reply[#reply + 1] = tonumber(beats[i + 1])
      reply[#reply + 1] = said
    end
  end
  return reply
end

register('roster', roster, {'no-writes'})
