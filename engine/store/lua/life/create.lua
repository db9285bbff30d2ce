-- create: new tasks, ready in their lanes.
-- ARGV: message of [NewHead or NewHeadOnce, ...] (engine/store/wire.py); then per task: data, meta; then, if the queue
--       is limited, a QueueLimit
-- Reply: per task 'ok', 'same' (the id exists: a resend), 'ref_taken' (a living task has the ref), 'inactive' (paused),
--        'elsewhere' (its bucket is in another partition, or on its way there), 'other_call' (the effect id was used
--        with another digest), 'queue_full' (so many ready tasks lie in those lanes already; then no task of this call
--        is created)
-- Guarantees: each task is written whole, counted, and in its lane, or not at all. Twice is the same as once.
-- If the caller dies: before, nothing; after, the task exists and a resend answers 'same'.
-- Refused when memory is full.

local function create(keys, argv)
  local T = tag_of(keys)
  local heads = cmsgpack.unpack(argv[1])
  local now_ms, paused, _, open = clock(T)
  local now = whole(now_ms)
  local count = #heads
  local replies, id_keys, ref_keys = {}, {}, {}
  if count == 0 then return replies end
  for i = 1, count do
    local head = heads[i]
    local ref = head[NEW_HEAD.ref] == '' and head[NEW_HEAD.task_id] or head[NEW_HEAD.ref]
    id_keys[i] = T .. ' t:' .. head[NEW_HEAD.task_id]
    ref_keys[i] = T .. ' r:' .. ref
  end
  local buckets = buckets_of(T)
  local refused = paused and 'inactive'
  if argv[2 * count + 2] and not paused then
    local limit = cmsgpack.unpack(argv[2 * count + 2])
    local ready = 0
    for _, lane in ipairs(limit[QUEUE_LIMIT.lanes]) do ready = ready + redis.call('LLEN', T .. ' q:' .. lane) end
    if ready >= limit[QUEUE_LIMIT.tasks] then refused = 'queue_full' end
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
    local id, ref, node, lane = head[NEW_HEAD.task_id], head[NEW_HEAD.ref], head[NEW_HEAD.node], head[NEW_HEAD.lane]
    local status
    local known = head[NEW_HEAD.effect_id] and recall(T, {head[NEW_HEAD.effect_id]})[1]
    if state_of(buckets, id) ~= 'o' then
      status = 'elsewhere'
    elseif known then
      status = known == '=' .. head[NEW_HEAD.digest] and 'same' or 'other_call'
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
    if head[NEW_HEAD.effect_id] and (status == 'ok' or status == 'same') and not known then
      remember(T, new, now, head[NEW_HEAD.effect_id], ref == '' and id or ref, status, '=' .. head[NEW_HEAD.digest])
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
  if next(entered) then open_minute(T, now_ms, open) end
  for node, number in pairs(entered) do redis.call('HINCRBY', T .. ' cnt', node .. '.i', number) end
  for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  return replies
end

register('create', create, {})
