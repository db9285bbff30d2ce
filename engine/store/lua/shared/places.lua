-- Where a task is: its ref, the index that its place demands, and moving it from one place to another.

local TIMEOUT = '{"type":"timeout"}'

-- Places whose tasks are listed in 'at:<node>'; queued ones lie in 'queue:<node>'.
local AT = {waiting = true, parked = true, delayed = true, sending = true, calling = true}

-- The id of the task that a ref or id names, or nil. The ref first: of one ref the newest task.
local function resolve(T, ref_or_id)
  local id = redis.call('GET', T .. ' r:' .. ref_or_id)
  if id and redis.call('EXISTS', T .. ' t:' .. id) == 1 then return id end
  if redis.call('EXISTS', T .. ' t:' .. ref_or_id) == 1 then return ref_or_id end
  return nil
end

-- Whether a living task, other than `own`, has this ref. A task without a ref of its own has its id for a ref.
local function is_ref_taken(T, ref, own)
  local holder = redis.call('GET', T .. ' r:' .. ref)
  if holder and holder ~= own then
    local place = redis.call('HGET', T .. ' t:' .. holder, 'p')
    if place and place ~= 'final' then return true end
  end
  if #ref == 24 and ref ~= own then
    local task = redis.call('HMGET', T .. ' t:' .. ref, 'p', 'r')
    return task[1] and task[1] ~= 'final' and not task[2]
  end
  return false
end

-- Writes a new ready task, but does not put it into its lane nor count it. ref '' = the id. armed: buckets move just
-- now. told: who waits for it, as of its field 't', or ''.
local function new_task(T, now, id, ref, node, lane, data, meta, armed, told)
  if redis.call('EXISTS', T .. ' t:' .. id) == 1 then return 'same' end
  local name = ref == '' and id or ref
  if is_ref_taken(T, name, id) then return 'ref_taken' end
  local fields = {'n', node, 'p', 'ready', 'd', data, 'm', meta, 'c', now}
  if lane ~= 'run' then fields[#fields + 1] = 'l'; fields[#fields + 1] = lane end
  if ref ~= '' then fields[#fields + 1] = 'r'; fields[#fields + 1] = ref end
  if told and told ~= '' then fields[#fields + 1] = 't'; fields[#fields + 1] = told end
  redis.call('HSET', T .. ' t:' .. id, unpack(fields))
  if armed then redis.call('SADD', T .. ' born', id) end
  if ref ~= '' or redis.call('EXISTS', T .. ' r:' .. name) == 1 then redis.call('SET', T .. ' r:' .. name, id) end
  return 'ok'
end

-- Ends the lease of one task; the lease is over when its last member goes.
local function drop_lease(T, token, id)
  redis.call('SREM', T .. ' lease:' .. token, id)
  if redis.call('EXISTS', T .. ' lease:' .. token) == 0 then redis.call('ZREM', T .. ' leases', token) end
end

-- Which archive a finished task lies in.
local function archive_key(T, node, finished_ms)
  return T .. ' arch:' .. node .. ':' .. whole(math.floor(finished_ms / DAY_MS))
end

local TASK_FIELDS = {'p', 'n', 'l', 'u', 'f', 'x', 'c', 'k', 'v', 'o', 's', 'r', 'w', 't'}

-- The short fields of a task as a table by name, or nil when there is no such task.
local function look(T, id)
  local values = redis.call('HMGET', T .. ' t:' .. id, unpack(TASK_FIELDS))
  if not values[1] then return nil end
  local task = {}
  for i, name in ipairs(TASK_FIELDS) do task[name] = values[i] end
  return task
end

-- Takes a task out of the index that its place demands. The caller gives it a new place at once.
local function leave_place(T, id, task)
  local place = task.p
  if AT[place] then
    redis.call('ZREM', T .. ' at:' .. task.n, id)
    if place == 'calling' then drop_lease(T, task.f, id) end
  elseif place == 'queued' then
    redis.call('ZREM', T .. ' queue:' .. task.n, id)
  elseif place == 'aside' then
    redis.call('ZREM', T .. ' aside', id)
  elseif place == 'final' then
    redis.call('ZREM', archive_key(T, task.n, tonumber(task.x or task.c)), id)
  end
  -- ready: its entry in a lane stays behind; claim skips an id that is no longer ready in that lane.
end

-- Makes a task ready in the lane 'run'. event '' = none. The due time stays unless drop_due.
local function make_ready(T, now, id, task, event, drop_due)
  leave_place(T, id, task)
  local key = T .. ' t:' .. id
  local in_run = task.p == 'ready' and (not task.l or task.l == 'alone')
  if event ~= '' then
    redis.call('HSET', key, 'p', 'ready', 'x', now, 'e', event)
  else
    redis.call('HSET', key, 'p', 'ready', 'x', now)
  end
  local gone = {'q', 'o', 'f', 'g'}
  if task.l and not in_run then gone[#gone + 1] = 'l' end
  if event == '' then gone[#gone + 1] = 'e' end
  if drop_due and task.u then gone[#gone + 1] = 'u'; redis.call('ZREM', T .. ' due', id) end
  redis.call('HDEL', key, unpack(gone))
  if not in_run then push_ready(T, 'run', {id}) end
end

-- Sets a task aside for a person to look at. Who waits is told; mail of senders who have gone on is kept.
local function put_aside(T, now, id, task, reason)
  leave_place(T, id, task)
  local key, mail_key = T .. ' t:' .. id, T .. ' mail:' .. id
  redis.call('HSET', key, 'p', 'aside', 'x', now, 'y', reason)
  redis.call('ZADD', T .. ' aside', now, id)
  if task.u then
    redis.call('ZREM', T .. ' due', id)
    redis.call('HDEL', key, 'u')
  end
  local told = redis.call('HMGET', key, 't', 'v', 's', 'n')
  local words = 'copy_task_fatal_error\nthe task was set aside: ' .. reason
  answer_waiters(T, now, id, {t = told[1], v = told[2]}, {
    a = words, r = 'rpc_task_fatal_error\nthe called task was set aside: ' .. reason,
    q = NO_DATA .. 'set aside: ' .. reason})
  if told[1] or told[3] then redis.call('HDEL', key, 't', 's') end
  local mails = redis.call('LRANGE', mail_key, 0, -1)
  redis.call('DEL', mail_key)
  for _, mail in ipairs(mails) do
    local head = mail_head(mail)
    if head.conv == '0' then redis.call('RPUSH', mail_key, mail)
    else refuse(T, now, id, told[2] or 1, head.effect_id, head.conv, head.task_id, head.visit, words) end
  end
  if told[4] then
    open_minute(T, now, redis.call('HGET', T .. ' meta', 'minute'))
    count_failures(T, told[4], 'set_aside', 1)
  end
end

-- Takes an entry out of the outbox that will not be delivered, for a person to look at: why, stands in its field 'y'.
-- The task that waits for it is set aside with it.
local function put_effect_aside(T, now, entry, effect, reason, reason_of_task)
  local out_id = entry[1]
  redis.call('HSET', T .. ' late:' .. out_id, 'y', reason, unpack(entry[2]))
  redis.call('ZADD', T .. ' aside', now, 'late:' .. out_id)
  redis.call('XDEL', T .. ' out', out_id)
  local task = effect.t and look(T, effect.t)
  if task and task.p == 'sending' and task.o == out_id then put_aside(T, now, effect.t, task, reason_of_task) end
end

-- Removes a task in any place from everything but its counts. Its pointer goes only if it still points there.
local function remove(T, now, id, task)
  leave_place(T, id, task)
  if task.u then redis.call('ZREM', T .. ' due', id) end
  if task.w then redis.call('SREM', T .. ' noted', id) end
  if task.p ~= 'final' then
    answer_waiters(T, now, id, task, {a = NOT_FOUND, r = NO_REPLY, q = NO_DATA .. 'deleted'})
  end
  local unused = refuse_mail(T, now, id, task.v or 1)
  if unused > 0 then redis.call('HINCRBY', T .. ' meta', 'unused', unused) end
  local ref = task.r or id
  if redis.call('GET', T .. ' r:' .. ref) == id then redis.call('DEL', T .. ' r:' .. ref) end
  delete_task(T, id)
  redis.call('HINCRBY', T .. ' cnt', task.n .. '.x', 1)
end

-- --- What people do to a task ----------------------------------------------------------------------------------------

-- Makes a task ready with an event, from any place. has_ended: whether an ended one may start again.
-- 'ok', 'noted' (it is running), 'final', 'ref_taken'.
local function wake_task(T, now, id, task, event, has_ended)
  local key = T .. ' t:' .. id
  if task.p == 'leased' then
    if task.w ~= 'd' then redis.call('HSET', key, 'w', 'e' .. event) end
    redis.call('SADD', T .. ' noted', id)
    return 'noted'
  end
  if task.p == 'final' then
    if not has_ended then return 'final' end
    local ref = task.r or id
    if is_ref_taken(T, ref, id) then return 'ref_taken' end
    if task.r then redis.call('SET', T .. ' r:' .. ref, id) end
  end
  answer_taker(T, now, id, task)
  make_ready(T, now, id, task, event, false)
  redis.call('HDEL', key, 'a', 'y')
  return 'ok'
end

-- Deletes a task, in any place. 'ok', 'noted' (it is running).
local function discard_task(T, now, id, task)
  if task.p == 'leased' then
    redis.call('HSET', T .. ' t:' .. id, 'w', 'd')
    redis.call('SADD', T .. ' noted', id)
    return 'noted'
  end
  remove(T, now, id, task)
  return 'ok'
end

-- Whether a task still is what somebody has seen: in this visit of this node, and not changed since.
local function is_as_seen(task, node, visit, change_ms)
  return task.n == node and tonumber(task.v or 1) == visit and tonumber(task.x or task.c) == change_ms
end
