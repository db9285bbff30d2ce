-- sweep: retention of ended tasks, and of remembered effect ids.
-- ARGV: how many, keep for ms, keep of each end node (count)
-- Reply: how many tasks were deleted
-- Guarantees: record, archive entry and pointer go together, the pointer only if it still points to that task.
-- If the caller dies: each task is deleted whole or not at all.

local function sweep(keys, argv)
  local T = tag_of(keys)
  local limit, keep_ms, keep_count = tonumber(argv[1]), tonumber(argv[2]), tonumber(argv[3])
  local now = clock(T)
  local removed = 0
  if redis.call('HEXISTS', T .. ' meta', 'mover') == 1 then return 0 end   -- nothing ends while tasks are being moved

  local function clear(archive, key, ids)
    for _, id in ipairs(ids) do
      local task = look(T, id)
      if task and task.p == 'final' then
        remove(T, now, id, task)
        removed = removed + 1
      else
        redis.call('ZREM', key, id)
      end
    end
    if redis.call('EXISTS', key) == 0 then redis.call('ZREM', T .. ' archs', archive) end
  end

  local archives = redis.call('ZRANGE', T .. ' archs', 0, -1)   -- oldest day first
  local too_many = {}
  for _, archive in ipairs(archives) do
    local day, node = string.match(archive, '^(%d+):(.*)$')
    local size = redis.call('ZCARD', T .. ' arch:' .. node .. ':' .. day)
    too_many[node] = (too_many[node] or -keep_count) + size
  end
  for _, archive in ipairs(archives) do
    if removed >= limit then break end
    local day, node = string.match(archive, '^(%d+):(.*)$')
    local key = T .. ' arch:' .. node .. ':' .. day
    if too_many[node] > 0 then
      local ids = redis.call('ZRANGE', key, 0, math.min(too_many[node], limit - removed) - 1)
      too_many[node] = too_many[node] - #ids
      clear(archive, key, ids)
    end
    if removed < limit then
      clear(archive, key, redis.call('ZRANGE', key, '-inf', now - keep_ms, 'BYSCORE', 'LIMIT', 0, limit - removed))
    end
  end

  local old = redis.call('ZRANGE', T .. ' seen', '-inf', seen_score(now - SEEN_MS, nil, 0), 'BYSCORE', 'LIMIT', 0, limit)
  if #old > 0 then
    redis.call('ZREM', T .. ' seen', unpack(old))
    redis.call('HDEL', T .. ' answers', unpack(old))
  end
  return removed
end

register('sweep', sweep, {'allow-oom'})
