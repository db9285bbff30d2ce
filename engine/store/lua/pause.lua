-- pause: stops or starts a partition. ARGV: '1' or ''. Reply: what it was, 1 or 0.
-- While paused create and modify are refused and nothing is claimed; timers, replies and commits go on.
-- set_offset: turns the partition's clock against the server's, for tests. ARGV: ms. Reply: ms.
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

local function set_offset(keys, argv)
  local T = tag_of(keys)
  redis.call('HSET', T .. ' meta', 'offset', argv[1])
  local now = clock(T)
  local first = redis.call('ZRANGE', T .. ' due', 0, 0, 'WITHSCORES')
  if first[2] then
    local due = tonumber(first[2])
    publish(T, 'hint', 'due ' .. whole(due) .. ' ' .. whole(math.max(0, due - now)))
  end
  return tonumber(argv[1])
end

register('pause', pause, {'allow-oom'})
register('set_offset', set_offset, {'allow-oom'})
