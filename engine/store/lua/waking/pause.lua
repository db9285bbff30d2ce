-- pause: stops or starts a partition.
-- ARGV: '1' or ''
-- Reply: what it was, 1 or 0
-- While paused create and modify are refused and nothing is claimed; timers, replies and commits go on.
-- If the caller dies: done or not done; twice is the same as once.

local function pause(keys, argv)
  local T = tag_of(keys)
  local was = redis.call('HGET', T .. ' meta', 'paused') == '1'
  if argv[1] == '1' then
    redis.call('HSET', T .. ' meta', 'paused', '1')
  else
    redis.call('HDEL', T .. ' meta', 'paused')
    if was and redis.call('EXISTS', T .. ' q:run') == 1 then publish(T, 'hint', 'lane run') end
  end
  return was and 1 or 0
end

register('pause', pause, {'allow-oom'})
