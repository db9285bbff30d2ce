-- stats: how many tasks stand where. Writes nothing.
-- Reply: [now ms, paused, [count field, value, ...], [lane, length, ...], leases, dues, ms until the next timer or nil,
--         outbox entries, remembered effects, set aside]

local function stats(keys, argv)
  local T = tag_of(keys)
  local now, paused = clock(T)
  local counts = redis.call('HGETALL', T .. ' cnt')
  local lanes, names = {}, {run = true, alone = true}
  for n = 1, #counts, 2 do names[string.sub(counts[n], 1, -3)] = true end
  for name in pairs(names) do
    local length = redis.call('LLEN', T .. ' q:' .. name)
    if length > 0 then lanes[#lanes + 1] = name; lanes[#lanes + 1] = length end
  end
  return {whole(now), paused and 1 or 0, counts, lanes, redis.call('ZCARD', T .. ' leases'), redis.call('ZCARD', T .. ' due'),
    next_due(T, now), redis.call('XLEN', T .. ' out'), redis.call('ZCARD', T .. ' seen'), redis.call('ZCARD', T .. ' aside')}
end

register('stats', stats, {'no-writes'})
