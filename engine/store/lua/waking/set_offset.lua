-- set_offset: turns the partition's clock against the server's, for tests.
-- ARGV: ms
-- Reply: ms
-- If the caller dies: done or not done; twice is the same as once.

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

register('set_offset', set_offset, {'allow-oom'})
