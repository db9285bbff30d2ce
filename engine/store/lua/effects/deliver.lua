-- deliver: effects of other tasks, applied at their target.
-- ARGV: message of [DeliveryHead, ...] (engine/store/wire.py); then per effect two parts: create: data, meta; modify:
--       mail, ''; reply, take: event, ''; then DeliverBounds
--       take: the oldest task in the queue `node` (newest, if queue) becomes ready with the event
--       told: who waits for the new task, or takes this one (its field 't'); ancestor: the first task that it descends
--       from, or ''; read ms: a moment of the server's real time at which the effect lay in its outbox, or 0: unknown
-- Reply: per effect 'ok', 'same', 'ref_taken', 'inactive', 'not_found', 'no_callback', 'duplicate_callback', 'late',
--        'queue_full', 'descendants_limit', 'elsewhere' (its bucket is in another partition, or on its way there:
--        nothing is remembered) or 'stale' (read from its outbox over fence ms ago, and not known: nothing is done or
--        remembered)
-- Guarantees: each effect id takes effect once; a repeated one gets the first answer again, and 'same' for 'ok'. A
-- modify never touches the record of a running task: it is mail. A reply to an earlier visit is dropped.
-- If the caller dies: what was applied is remembered for a day, unless `settle` says that less will do; the outbox
-- entry stays and is delivered again. Refused when memory is full.

-- Whether this effect was sent by a task after it was saved in the backup that is being made here.
local function comes_after(backup, head)
  return backup and head[DELIVERY_HEAD.backup] == backup
end

local KIN_MS = 120000
local KIN_PART = 800        -- fewer than this part of the limit in KIN_MS cannot come to the limit in a day

-- Whether a sender has held an effect for so long that it may have been applied, confirmed and forgotten meanwhile. A
-- moment from the future is as bad: the clock was set back.
local function is_stale(read_ms, real, fence_ms)
  return read_ms > 0 and math.abs(real - read_ms) > fence_ms
end

-- 'kin:<ancestor>': how many tasks of one ancestor a partition has taken: for KIN_MS after the first, and for a day
-- once they are so many that more matter.
local function count_kin(T, ancestor, limit)
  local key, many = T .. ' kin:' .. ancestor, math.ceil(limit / KIN_PART)
  local kin = redis.call('INCR', key)
  if kin == many then redis.call('PEXPIRE', key, DAY_MS)
  elseif kin == 1 then redis.call('PEXPIRE', key, KIN_MS) end
end

local function deliver_create(T, now, paused, head, data, meta, armed, backup, limits)
  if paused then return 'inactive' end
  local id, ref, ancestor = head[DELIVERY_HEAD.task_id], head[DELIVERY_HEAD.ref], head[DELIVERY_HEAD.ancestor] or ''
  local node, lane = head[DELIVERY_HEAD.node], head[DELIVERY_HEAD.lane]
  if limits.room < 1 then return 'queue_full' end
  local kin_key = T .. ' kin:' .. ancestor
  if ancestor ~= '' and tonumber(redis.call('GET', kin_key) or 0) >= limits.descendants then
    return 'descendants_limit'
  end
  local status = new_task(T, now, id, ref, node, lane, data, meta, armed, head[DELIVERY_HEAD.told])
  if status == 'ok' then
    limits.room = limits.room - 1
    if ancestor ~= '' then count_kin(T, ancestor, limits.descendants) end
    if comes_after(backup, head) and not is_saved(T, id) then
      redis.call('SADD', T .. ' imaged', id)
      redis.call('SADD', T .. ' after', head[DELIVERY_HEAD.effect_id])
    end
    limits.open = open_minute(T, now, limits.open)
    redis.call('HINCRBY', T .. ' cnt', node .. '.i', 1)
    push_ready(T, lane, {id})
  end
  return status
end

local function deliver_modify(T, now, paused, head, mail, backup)
  if paused then return 'inactive' end
  local id = head[DELIVERY_HEAD.ref] ~= '' and resolve(T, head[DELIVERY_HEAD.ref])
  if not id and head[DELIVERY_HEAD.task_id] ~= '' then id = resolve(T, head[DELIVERY_HEAD.task_id]) end
  local task = id and look(T, id)
  if not task or task.p == 'final' then return 'not_found' end
  if comes_after(backup, head) then save_image(T, id) end
  local place = task.p
  if head[DELIVERY_HEAD.sync] then
    -- One that waits its turn would wait for a person, where the task was set aside.
    if place == 'aside' then return 'no_callback' end
    -- One that does not needs a task that stands at a callback node, or is running and may come to one.
    if not head[DELIVERY_HEAD.queue] then
      local lane = task.l or 'run'
      local runs = place == 'leased' or (place == 'ready' and (lane == 'run' or lane == 'alone'))
      local stands = task.k and (place == 'parked' or place == 'waiting')
      if not stands and not runs then return 'no_callback' end
      if task.s then return 'duplicate_callback' end
    end
    redis.call('HSET', T .. ' t:' .. id, 's', '1')
  end
  redis.call('RPUSH', T .. ' mail:' .. id, mail)
  if task.k and (place == 'parked' or place == 'waiting') then make_ready(T, now, id, task, '', false) end
  note_after(T, backup, id, head[DELIVERY_HEAD.effect_id])
  return 'ok'
end

local function deliver_reply(T, now, head, event, backup)
  local task = look(T, head[DELIVERY_HEAD.task_id])
  if not task or (task.p ~= 'waiting' and task.p ~= 'sending') then return 'late' end
  if tonumber(task.v or 1) ~= head[DELIVERY_HEAD.visit] then return 'late' end
  if comes_after(backup, head) then save_image(T, head[DELIVERY_HEAD.task_id]) end
  make_ready(T, now, head[DELIVERY_HEAD.task_id], task, event, false)
  note_after(T, backup, head[DELIVERY_HEAD.task_id], head[DELIVERY_HEAD.effect_id])
  return 'ok'
end

local function deliver_take(T, now, paused, head, event, backup)
  if paused then return 'inactive' end
  local key = T .. ' queue:' .. head[DELIVERY_HEAD.node]
  local is_newest = head[DELIVERY_HEAD.queue]
  local id = (is_newest and redis.call('ZRANGE', key, 0, 0, 'REV') or redis.call('ZRANGE', key, 0, 0))[1]
  if not id then return 'not_found' end
  if comes_after(backup, head) then save_image(T, id) end
  local task = look(T, id)
  make_ready(T, now, id, task, event, true)
  local told = head[DELIVERY_HEAD.told]
  if told ~= '' then redis.call('HSET', T .. ' t:' .. id, 't', task.t and task.t .. '\n' .. told or told) end
  note_after(T, backup, id, head[DELIVERY_HEAD.effect_id])
  return 'ok'
end

-- What new tasks keep here: most descendants of one ancestor, room in the queue; and the minute whose counts are open.
local function read_limits(T, bounds, open)
  local limits = {descendants = bounds[DELIVER_BOUNDS.descendants], room = math.huge, open = open}
  local queue = bounds[DELIVER_BOUNDS.queue]
  if queue then
    limits.room = queue[QUEUE_LIMIT.tasks]
    for _, lane in ipairs(queue[QUEUE_LIMIT.lanes]) do
      limits.room = limits.room - redis.call('LLEN', T .. ' q:' .. lane)
    end
  end
  return limits
end

local function deliver(keys, argv)
  local T = tag_of(keys)
  local heads = cmsgpack.unpack(argv[1])
  local replies, effect_ids = {}, {}
  if #heads == 0 then return replies end
  if #argv ~= 2 + 2 * #heads then return redis.error_reply('ERR deliver: wrong number of arguments') end
  local now, paused, real, open = clock(T)
  local bounds = cmsgpack.unpack(argv[#argv])
  local buckets, backup = buckets_of(T), redis.call('HGET', T .. ' meta', 'keep')
  for i, head in ipairs(heads) do effect_ids[i] = head[DELIVERY_HEAD.effect_id] end
  local known, first_of, new, limits = recall(T, effect_ids), {}, {}, nil
  for i, head in ipairs(heads) do
    local answered = first_of[head[DELIVERY_HEAD.effect_id]] or known[i]
    local name = head[DELIVERY_HEAD.ref] ~= '' and head[DELIVERY_HEAD.ref] or head[DELIVERY_HEAD.task_id]
    local status
    if state_of(buckets, name) ~= 'o' then
      status = 'elsewhere'
    elseif answered then
      status = answered == 'ok' and 'same' or answered
    elseif is_stale(head[DELIVERY_HEAD.read_ms] or 0, real, bounds[DELIVER_BOUNDS.fence_ms]) then
      status = 'stale'
    else
      local first, second = argv[2 * i], argv[2 * i + 1]
      if head[DELIVERY_HEAD.kind] == 'create' then
        limits = limits or read_limits(T, bounds, open)
        status = deliver_create(T, now, paused, head, first, second, buckets, backup, limits)
      elseif head[DELIVERY_HEAD.kind] == 'modify' then
        status = deliver_modify(T, now, paused, head, first, backup)
      elseif head[DELIVERY_HEAD.kind] == 'take' then
        status = deliver_take(T, now, paused, head, first, backup)
      else
        status = deliver_reply(T, now, head, first, backup)
      end
      first_of[head[DELIVERY_HEAD.effect_id]] = status
      remember(T, new, now, head[DELIVERY_HEAD.effect_id], name, status)
    end
    replies[i] = status
  end
  if #new > 0 then redis.call('ZADD', T .. ' seen', unpack(new)) end
  return replies
end

register('deliver', deliver, {})
