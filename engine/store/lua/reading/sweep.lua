-- sweep: retention of ended tasks, of remembered effect ids, and of counts over time.
-- ARGV: how many, keep for ms, keep of each end node (tasks), keep of each end node (bytes of data and meta, 0 = any)
-- Reply: SweepReply (engine/store/wire.py): how many tasks were deleted, 1 when there is more to delete or to forget,
--        how many more tasks may end before an archive is full
-- Guarantees: the oldest go first; record, archive entry and pointer go together, the pointer only if it still points
-- to that task.
-- If the caller dies: each task is deleted whole or not at all.
--
-- 'sized': per archive '<tasks> <bytes>': of its oldest tasks, so many have been measured, and have so many bytes. What
-- is taken out in the middle shifts them a little; an archive that it says more of than there is is measured anew.

-- Deletes the oldest tasks of an archive. Those with more than a record, a timer or a note are no usual ones, and go
-- one by one.
local function remove_ended(T, now, archive, ids)
  local refs, usual, kept, has_more = {}, {}, 0, false
  for _, name in ipairs(TASK_KEYS) do
    local task_keys = {}
    for i, id in ipairs(ids) do task_keys[i] = T .. ' ' .. name .. ':' .. id end
    has_more = has_more or redis.call('EXISTS', unpack(task_keys)) > 0
  end
  for _, id in ipairs(ids) do
    local task = redis.call('HMGET', T .. ' t:' .. id, 'p', 'n', 'r', 'u', 'w')
    if task[1] ~= 'final' then
      kept = kept + 1
    elseif has_more or task[2] ~= archive.node or task[4] or task[5] then
      remove(T, now, id, look(T, id))
    else
      usual[#usual + 1] = id
      refs[#refs + 1] = T .. ' r:' .. (task[3] or id)
    end
  end
  redis.call('ZREM', T .. ' arch:' .. archive.at, unpack(ids))
  if #usual > 0 then
    local gone = {}
    for i, holder in ipairs(redis.call('MGET', unpack(refs))) do
      gone[#gone + 1] = T .. ' t:' .. usual[i]
      if holder == usual[i] then gone[#gone + 1] = refs[i] end
    end
    redis.call('DEL', unpack(gone))
    redis.call('HINCRBY', T .. ' cnt', archive.node .. '.x', #usual)
  end
  return #ids - kept
end

local function bytes_of(T, id)
  return redis.call('HSTRLEN', T .. ' t:' .. id, 'd') + redis.call('HSTRLEN', T .. ' t:' .. id, 'm')
end

-- Measures up to `budget` more tasks of an archive; returns what is left of the budget.
local function measure(T, archive, budget)
  local sized = redis.call('HGET', T .. ' sized', archive.name) or '0 0'
  local tasks, bytes = string.match(sized, '^(%d+) (%d+)$')
  tasks, bytes = tonumber(tasks), tonumber(bytes)
  if tasks > archive.tasks then tasks, bytes = 0, 0 end
  local some = budget > 0 and redis.call('ZRANGE', T .. ' arch:' .. archive.at, tasks, tasks + budget - 1) or {}
  for _, id in ipairs(some) do bytes = bytes + bytes_of(T, id) end
  archive.measured, archive.bytes = tasks + #some, bytes
  return budget - #some
end

-- How many of the oldest of an archive are to go, `limit` at most. over: what is too many in its node, or too many
-- bytes.
local function count_old(T, archive, now, keep_ms, over, limit)
  local count = math.max(0, math.min(over.tasks, archive.tasks, limit))
  local key = T .. ' arch:' .. archive.at
  count = math.max(count, #redis.call('ZRANGE', key, '-inf', now - keep_ms, 'BYSCORE', 'LIMIT', 0, limit))
  if not archive.measured then return count end
  local freed = 0
  for i, id in ipairs(redis.call('ZRANGE', T .. ' arch:' .. archive.at, 0, math.min(limit, archive.measured) - 1)) do
    if i > count and freed >= over.bytes then break end
    freed = freed + bytes_of(T, id)
    count = math.max(count, i)
  end
  archive.measured, archive.bytes = math.max(0, archive.measured - count), math.max(0, archive.bytes - freed)
  over.bytes = over.bytes - freed
  return count
end

local function archives_of(T)
  local found = {}
  for i, name in ipairs(redis.call('ZRANGE', T .. ' archs', 0, -1)) do   -- oldest day first
    local day, node = string.match(name, '^(%d+):(.*)$')
    local at = node .. ':' .. day
    found[i] = {name = name, node = node, at = at, tasks = redis.call('ZCARD', T .. ' arch:' .. at)}
  end
  return found
end

local function note_size(T, archive)
  if archive.tasks == 0 then
    redis.call('ZREM', T .. ' archs', archive.name)
    redis.call('HDEL', T .. ' sized', archive.name)
  elseif archive.measured then
    redis.call('HSET', T .. ' sized', archive.name, whole(archive.measured) .. ' ' .. whole(archive.bytes))
  end
end

-- How many more tasks may end in a node before its archive is full.
local function room_in(over)
  local room = -over.tasks
  if over.measured > 0 and over.weight > 0 then
    room = math.min(room, math.floor(-over.bytes * over.measured / over.weight))
  end
  return room
end

local function forget_effects(T, now, limit)
  local until_then = seen_score(now - SEEN_MS, nil, 0)
  local old = redis.call('ZRANGE', T .. ' seen', '-inf', until_then, 'BYSCORE', 'LIMIT', 0, limit)
  if #old > 0 then
    redis.call('ZREM', T .. ' seen', unpack(old))
    redis.call('HDEL', T .. ' answers', unpack(old))
  end
  return #old
end

local function sweep(keys, argv)
  local T = tag_of(keys)
  local limit, keep_ms = tonumber(argv[1]), tonumber(argv[2])
  local keep_count, keep_bytes = tonumber(argv[3]), tonumber(argv[4])
  local now, _, _, open = clock(T)
  if redis.call('HEXISTS', T .. ' meta', 'mover') == 1 then   -- nothing ends while tasks are being moved
    return {[SWEEP_REPLY.removed] = 0, [SWEEP_REPLY.more] = 0, [SWEEP_REPLY.room] = keep_count}
  end
  if keep_bytes == 0 then redis.call('DEL', T .. ' sized') end

  local archives, nodes, budget, more = archives_of(T), {}, limit, false
  for _, archive in ipairs(archives) do
    local over = nodes[archive.node]
    if not over then
      over = {tasks = -keep_count, bytes = -keep_bytes, measured = 0, weight = 0}
      nodes[archive.node] = over
    end
    over.tasks = over.tasks + archive.tasks
    if keep_bytes > 0 then
      budget = measure(T, archive, budget)
      over.bytes, over.weight = over.bytes + archive.bytes, over.weight + archive.bytes
      over.measured = over.measured + archive.measured
      more = more or archive.measured < archive.tasks
    end
  end

  local removed = 0
  for _, archive in ipairs(archives) do
    local over = nodes[archive.node]
    local count = removed < limit and count_old(T, archive, now, keep_ms, over, limit - removed) or 0
    if count > 0 then
      removed = removed + remove_ended(T, now, archive, redis.call('ZRANGE', T .. ' arch:' .. archive.at, 0, count - 1))
      archive.tasks, over.tasks = archive.tasks - count, over.tasks - count
    end
    note_size(T, archive)
  end
  local room = keep_count
  for _, over in pairs(nodes) do room = math.min(room, room_in(over)) end
  more = forget_effects(T, now, limit) >= limit or removed >= limit or more
  more = tend_counts(T, now, open, limit) >= limit or more
  return {[SWEEP_REPLY.removed] = removed, [SWEEP_REPLY.more] = more and 1 or 0, [SWEEP_REPLY.room] = room}
end

register('sweep', sweep, {'allow-oom'})
