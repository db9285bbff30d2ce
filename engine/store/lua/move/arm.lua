-- arm: makes a mover the only one that a partition obeys.
-- ARGV: mover, states if there are none yet, offset or '' (as it is), '1' paused, '' not, '-' as it is
-- Reply: ArmReply (engine/store/wire.py)

local function arm(keys, argv)
  local T = tag_of(keys)
  if not buckets_of(T) then redis.call('SET', T .. ' buckets', argv[2]) end
  redis.call('HSET', T .. ' meta', 'mover', argv[1])
  if argv[3] ~= '' then redis.call('HSET', T .. ' meta', 'offset', argv[3]) end
  if argv[4] == '1' then redis.call('HSET', T .. ' meta', 'paused', '1') end
  local meta = redis.call('HMGET', T .. ' meta', 'offset', 'paused')
  return {
    [ARM_REPLY.states] = buckets_of(T), [ARM_REPLY.offset] = meta[1] or '0', [ARM_REPLY.paused] = meta[2] or '',
    [ARM_REPLY.now_ms] = whole(clock(T))}
end

register('arm', arm, {'allow-oom'})
