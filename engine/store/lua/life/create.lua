-- create: new tasks, ready in their lanes.
-- ARGV: message of [[id, ref or '' (its id), node, lane, effect id or nil, digest], ...]; then per task: data, meta; then, if
--       the queue is limited, message of [tasks, [lane, ...]]
--       effect id: of a call that may be repeated for a day, though the task has ended; digest: of what it says
-- Reply: per task 'ok', 'same' (the id exists: a resend), 'ref_taken' (a living task has the ref), 'inactive' (paused),
--        'elsewhere' (its bucket is in another partition, or on its way there),
--        'other_call' (the effect id was used with another digest), 'queue_full' (so many ready tasks lie in those lanes already; then no task of this call is created)
-- Guarantees: each task is written whole, counted, and in its lane, or not at all. Twice is the same as once.
-- If the caller dies: before, nothing; after, the task exists and a resend answers 'same'.
-- Refused when memory is full.

local function create(keys, argv)
  local T = tag_of(keys)
  local heads = cmsgpack.unpack(argv[1])
  local now, paused = clock(T)
  now = whole(now)
  local count = #heads
  local replies, id_keys, ref_keys = {}, {}, {}
  if count == 0 then return replies end
  for i = 1, count do
    local head = heads[i]
    local ref = head[2] == '' and head[1] or head[2]
    id_keys[i] = T .. ' t:' .. head[1]
    ref_keys[i] = T .. ' r:' .. ref
  end
  local buckets = buckets_of(T)
  local refused = paused and 'inactive'
  if argv[2 * count + 2] and not paused then
    local limit, lanes = unpack(cmsgpack.unpack(argv[2 * count + 2]))
    local ready = 0
    for _, lane in ipairs(lanes) do ready = ready + redis.call('LLEN', T .. ' q:' .. lane) end
    if ready >= limit then refused = 'queue_full' end
  end
  -- The common case is found out by two commands for all: no id exists and no ref was ever used.
  local fresh = redis.call('EXISTS', unpack(id_keys)) == 0
  if fresh then
    local holders = redis.call('MGET', unpack(ref_keys))
    for i = 1, count do
      if holders[i] then fresh = false; break end
    end
  end
  local lanes, entered, created, pointers = {}, {}, {}, {}
  local new = {}
  for i = 1, count do
    local head = heads[i]
    local id, ref, node, lane = head[1], head[2], head[3], head[4]
    local status
    local known = head[5] and recall(T, {head[5]})[1]
    if state_of(buckets, id) ~= 'o' then
      status = 'elsewhere'
    elseif known then
      status = known == '=' .. head[6] and 'same' or 'other_call'
    elseif refused then
      status = redis.call('EXISTS', id_keys[i]) == 1 and 'same' or refused
    elseif fresh and not buckets and not created[id_keys[i]] and not created[ref_keys[i]] and #ref ~= 24 then
      created[id_keys[i]] = true
      created[ref_keys[i]] = true
      local data, meta = argv[2 * i], argv[2 * i + 1]
      if ref == '' then
        redis.call('HSET', id_keys[i], 'n', node, 'p', 'ready', 'd', data, 'm', meta, 'c', now)
      else
        redis.call('HSET', id_keys[i], 'n', node, 'p', 'ready', 'd', data, 'm', meta, 'c', now, 'r', ref)
        pointers[#pointers + 1] = ref_keys[i]
        pointers[#pointers + 1] = id
      end
      if lane ~= 'run' then redis.call('HSET', id_keys[i], 'l', lane) end
      status = 'ok'
    else
      if #pointers > 0 then redis.call('MSET', unpack(pointers)); pointers = {} end
      created[id_keys[i]] = true
      created[ref_keys[i]] = true
      status = new_task(T, now, id, ref, node, lane, argv[2 * i], argv[2 * i + 1], buckets)
    end
    replies[i] = status
    if head[5] and (status == 'ok' or status == 'same') and not known then
      remember(T, new, now, head[5], ref == '' and id or ref, status, '=' .. head[6])
    end
    if status == 'ok' then
      local ids = lanes[lane]
      if not ids then ids = {}; lanes[lane] = ids end
      ids[#ids + 1] = id
      entered[node] = (entered[node] or 0) + 1
    end
  end
  if #new > 0 then redis.call('ZADD', T .. ' seen', unpack(new)) end
  if #pointers > 0 then redis.call('MSET', unpack(pointers)) end
  for node, number in pairs(entered) do redis.call('HINCRBY', T .. ' cnt', node .. '.i', number) end
  for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  return replies
end

register('create', create, {})
