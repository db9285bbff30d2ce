-- stats: how many tasks stand where. Writes nothing.
-- Reply: StatsReply (engine/store/wire.py)

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
  return {
    [STATS_REPLY.now_ms] = whole(now), [STATS_REPLY.paused] = paused and 1 or 0, [STATS_REPLY.counts] = counts,
    [STATS_REPLY.lanes] = lanes, [STATS_REPLY.leases] = redis.call('ZCARD', T .. ' leases'),
    [STATS_REPLY.dues] = redis.call('ZCARD', T .. ' due'), [STATS_REPLY.next_in_ms] = next_due(T, now),
    [STATS_REPLY.outbox] = redis.call('XLEN', T .. ' out'), [STATS_REPLY.seen] = redis.call('ZCARD', T .. ' seen'),
    [STATS_REPLY.aside] = redis.call('ZCARD', T .. ' aside'),
    [STATS_REPLY.periods] = redis.call('LLEN', T .. ' minutes') + redis.call('LLEN', T .. ' hours')}
end

register('stats', stats, {'no-writes'})
