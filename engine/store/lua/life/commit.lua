-- commit: writes what runs did to the tasks of a lease.
-- ARGV: token, lease ms of calls, CommitMessage; then per head: meta, event, request, data (if it has them), the bodies
--       of its effects; then per signal its two bodies (reached, below again). The lists: engine/store/wire.py
-- Reply: 1 when all are 'ok' and sent nothing; else per head a CommittedRow, all in one list: 'ok', 'lost', 'again' or
--        'held', and the outbox ids or nil; '<id>!<name>': sent after its sender was saved in the backup of that name
-- Guarantees: only the lease fences: a task that is not in it is left untouched ('lost'). The others are written whole:
-- record, index of the new place, counts, due time, archive, effects. 'again': committed, but mail that came meanwhile
-- (at a callback node) or a noted cancel made it ready at once. 'held': committed, but its outside call may not begin
-- yet, so it is ready in its node's lane, without its request: that was never sent, and will be made anew. A task that
-- was claimed to call has its slot: it goes from calling to calling with its request and no limits, and then calls. A
-- noted delete removes it ('lost', if its outside call would begin now). Ended tasks answer waiting modifies. Attempts
-- are given back, except to an outside call: it may still take its worker along.
-- A call whose bucket is on its way to another partition, or there, is refused with ELSEWHERE: to be sent there.
-- If the caller dies: before, the lease runs out; after, effects are in the outbox. A resend gets the first answer.

-- Fields of the record as it was, and where each stands in `old`.
local COMMIT_FIELDS = {'p', 'n', 'u', 'e', 'q', 'a', 'l', 'w', 'k', 'r', 's', 't', 'g'}
local OLD = {}
for i = 1, #COMMIT_FIELDS do OLD[COMMIT_FIELDS[i]] = i end   -- a library that is loaded has no ipairs yet

local NOTHING = {}
local KNOWN = {ready = true, calling = true, waiting = true, parked = true, delayed = true, queued = true,
  sending = true, final = true}

local function add(groups, key, first, second)
  local list = groups[key]
  if not list then list = {}; groups[key] = list end
  local n = #list
  list[n + 1] = first
  list[n + 2] = second
end

-- Whether a mail after those taken belongs to a synchronous modify that waits for its turn.
local function holds_sync(T, id, taken)
  for _, mail in ipairs(redis.call('LRANGE', T .. ' mail:' .. id, taken, -1)) do
    if mail_head(mail).sync then return true end
  end
  return false
end

-- A count semaphor: sends a new signal task when the node's count has crossed its limit since the last look.
local function signal(T, now, id, limit, reached_body, below_body)
  local node, count, conv = limit[SIGNAL_HEAD.node], limit[SIGNAL_HEAD.at_count], limit[SIGNAL_HEAD.conv_id]
  local cnt = redis.call('HMGET', T .. ' cnt', node .. '.i', node .. '.o', node .. '.x', node .. '.s')
  local there = (tonumber(cnt[1]) or 0) - (tonumber(cnt[2]) or 0) - (tonumber(cnt[3]) or 0)
  local reached, was = there >= count, cnt[4] ~= false
  if reached == was then return end
  local number = redis.call('HINCRBY', T .. ' meta', 'signals', 1)
  if reached then redis.call('HSET', T .. ' cnt', node .. '.s', '1')
  else redis.call('HDEL', T .. ' cnt', node .. '.s') end
  local effect_id = id .. ':signal:' .. whole(number)
  send(T, now, id, 0, effect_id, conv, effect_id, 'create', reached and reached_body or below_body, false, 0)
end

-- Puts what became of the head number i into the reply.
local function set_answer(reply, i, status, out_ids)
  local before = (i - 1) * COMMITTED_ROW.width
  reply[before + COMMITTED_ROW.status] = status
  reply[before + COMMITTED_ROW.out_ids] = out_ids
end

-- --- Check: nothing is written before all of it is known to be right -------------------------------------------------

-- The call as a table, or nil and an error. head.at: which argument is the first of this head.
local function read_batch(argv)
  local message = cmsgpack.unpack(argv[3])
  local batch = {
    argv = argv, token = argv[1], call_lease_ms = tonumber(argv[2]), ids = {},
    moves = message[COMMIT_MESSAGE.moves], heads = message[COMMIT_MESSAGE.heads],
    signals = message[COMMIT_MESSAGE.signals] or NOTHING, call_limits = message[COMMIT_MESSAGE.call_limits] or NOTHING,
    failures = message[COMMIT_MESSAGE.failures] or NOTHING}
  local at = 4
  for i, head in ipairs(batch.heads) do
    if not KNOWN[head[COMMIT_HEAD.place]] or not batch.moves[head[COMMIT_HEAD.moves]] then
      return nil, redis.error_reply('ERR commit: wrong outcome ' .. i)
    end
    batch.ids[i] = head[COMMIT_HEAD.task_id]
    head.at = at
    at = at + 3 + (head[COMMIT_HEAD.has_data] and 1 or 0) + #head[COMMIT_HEAD.effects]
  end
  batch.signals_at = at
  if at - 1 + 2 * #batch.signals ~= #argv then
    return nil, redis.error_reply('ERR commit: wrong number of arguments')
  end
  return batch
end

-- Finds the tasks that are in the lease (head.live), and their mail where it matters (head.mails: how many).
-- Returns a reply where there is nothing to write.
local function check(T, batch)
  local ids = batch.ids
  local held = redis.call('SMISMEMBER', T .. ' lease:' .. batch.token, unpack(ids))
  local members, watched, mail_keys = {}, {}, {}
  batch.members = members
  for i, head in ipairs(batch.heads) do
    if held[i] == 1 and not members[ids[i]] then
      members[#members + 1] = ids[i]
      members[ids[i]] = true
      head.live = true
      if head[COMMIT_HEAD.callback] or head[COMMIT_HEAD.sync_done] or head[COMMIT_HEAD.place] == 'final'
        or head[COMMIT_HEAD.mail_taken] > 0 then
        watched[#watched + 1] = head
        mail_keys[#mail_keys + 1] = T .. ' mail:' .. ids[i]
      end
    end
  end
  local done_key = T .. ' done:' .. batch.token .. ':' .. ids[1]
  -- A call under way may have been moved with its lease. The tasks of a batch are not moved before they are committed.
  local buckets = buckets_of(T)
  if buckets and state_of(buckets, ids[1]) ~= 'o' then
    if #members == 0 and redis.call('EXISTS', done_key) == 0 then return elsewhere(ids[1]) end
    if #members > 0 and redis.call('HGET', T .. ' t:' .. ids[1], 'p') == 'calling' then return elsewhere(ids[1]) end
  end
  if #members == 0 then
    local done = redis.call('GET', done_key)
    if done then return cmsgpack.unpack(done) end
    local reply = {}
    for i = 1, #ids do set_answer(reply, i, 'lost', false) end
    return reply
  end
  if #mail_keys > 0 and redis.call('EXISTS', unpack(mail_keys)) > 0 then
    for i, head in ipairs(watched) do head.mails = redis.call('LLEN', mail_keys[i]) end
  end
end

-- --- Write one task --------------------------------------------------------------------------------------------------

-- What is to be written of one record; one such table serves all tasks of a call, one after another. `fields` are the
-- key and then field, value, ...; `gone` the names of fields to delete.
local function set(record, name, value)
  local width = record.width
  record.fields[width + 1], record.fields[width + 2] = name, value
  record.width = width + 2
end

local function drop(record, name)
  local gone = record.gone + 1
  record.names[gone] = name
  record.gone = gone
end

-- Whether an outside call may begin now: nobody waits for a slot before it, and each limit lets it. A call made again
-- alone after a crash always may: held again and again it would be blamed for attempts that it never had.
local function may_call(T, batch, node, number, attempts)
  local limits = batch.call_limits[number]
  if not limits then return true end
  local now_us = real_us()
  if not attempts and (redis.call('EXISTS', T .. ' q:' .. node) == 1 or admitted(T, limits, 1, now_us) == 0) then
    return false
  end
  charge(T, limits, 1, now_us)
  return true
end

-- Drops the mail that was merged; how much has come since.
local function take_mail(T, head, id)
  local mails, taken = head.mails or 0, head[COMMIT_HEAD.mail_taken]
  if mails > 0 and taken > 0 then
    redis.call('LTRIM', T .. ' mail:' .. id, taken, -1)
    mails = math.max(0, mails - taken)
  end
  return mails
end

-- Where the task goes really, in this order: place, lane, event, request, status, and whether it is deleted. A noted
-- cancel or delete takes effect, and mail that came since makes a task at a callback node ready again.
local function decide(head, old, mails, event, request)
  local place, lane, noted = head[COMMIT_HEAD.place], head[COMMIT_HEAD.lane], old[OLD.w]
  local deleted = place == 'final' and not head[COMMIT_HEAD.save]
  if noted == 'd' then return place, lane, event, request, 'ok', true end
  if place ~= 'final' then
    if noted then return 'ready', 'run', string.sub(noted, 2), '', 'again', deleted end
    if mails > 0 and head[COMMIT_HEAD.callback] and (place == 'parked' or place == 'waiting') then
      return 'ready', 'run', event, request, 'again', deleted
    end
  end
  return place, lane, event, request, 'ok', deleted
end

-- Puts the effects into the outbox. Returns their ids, or false when there are none, and that of the one that blocks.
local function send_effects(T, batch, head, id, body_at)
  local sent, blocking = false, nil
  for n, effect in ipairs(head[COMMIT_HEAD.effects]) do
    local out_id, backup = send(T, batch.now, id, head[COMMIT_HEAD.visit], effect[EFFECT_HEAD.effect_id],
      effect[EFFECT_HEAD.conv_id], effect[EFFECT_HEAD.target], effect[EFFECT_HEAD.kind], batch.argv[body_at],
      effect[EFFECT_HEAD.blocking], effect[EFFECT_HEAD.target_visit])
    body_at = body_at + 1
    sent = sent or {}
    sent[n] = backup and out_id .. '!' .. backup or out_id
    if effect[EFFECT_HEAD.blocking] then blocking = out_id end
  end
  return sent, blocking
end

-- The due time of a task that does not end, or nil.
local function due_of(head, now, old_due)
  if head[COMMIT_HEAD.until_ms] >= 0 then return head[COMMIT_HEAD.until_ms] end
  if head[COMMIT_HEAD.delay_ms] >= 0 then return now + head[COMMIT_HEAD.delay_ms] end
  if head[COMMIT_HEAD.keep_due] and old_due then return tonumber(old_due) end
end

-- The fields that only some tasks have: each is set, or deleted where the record had it.
local function set_rest(T, record, head, old, place, event, request, mails)
  if event ~= '' then set(record, 'e', event) elseif old[OLD.e] then drop(record, 'e') end
  if request ~= '' then set(record, 'q', request) elseif old[OLD.q] then drop(record, 'q') end
  if old[OLD.a] and place ~= 'calling' then drop(record, 'a') end
  if old[OLD.w] then drop(record, 'w'); redis.call('SREM', T .. ' noted', head[COMMIT_HEAD.task_id]) end
  if head[COMMIT_HEAD.callback] then
    if not old[OLD.k] then set(record, 'k', '1') end
  elseif old[OLD.k] then drop(record, 'k') end
  local told, waits_for = head[COMMIT_HEAD.told] or '', head[COMMIT_HEAD.waits_for] or ''
  if told ~= '' and place ~= 'final' then set(record, 't', told) elseif old[OLD.t] then drop(record, 't') end
  -- With the visit: an older worker leaves the field behind when the task goes on.
  if waits_for ~= '' and place == 'sending' then set(record, 'g', head[COMMIT_HEAD.visit] .. ' ' .. waits_for)
  elseif old[OLD.g] then drop(record, 'g') end
  if old[OLD.s] and (place == 'final' or (head[COMMIT_HEAD.sync_done]
    and not (mails > 0 and holds_sync(T, head[COMMIT_HEAD.task_id], 0)))) then drop(record, 's') end
end

-- Notes in which index the task belongs from now on; `write_indices` writes most of them. Returns its lane.
local function enter(T, batch, i, head, place, lane, blocking)
  local id, node, now, resting = batch.ids[i], head[COMMIT_HEAD.node], batch.now, batch.resting
  if place == 'ready' then
    local list = batch.lanes[lane]
    if not list then list = {}; batch.lanes[lane] = list end
    list[#list + 1] = id
    return lane
  elseif place == 'calling' then
    local token, leases = head[COMMIT_HEAD.token], batch.leases
    set(batch.record, 'f', token)
    redis.call('SADD', T .. ' lease:' .. token, id)
    leases[#leases + 1] = batch.real + batch.call_lease_ms
    leases[#leases + 1] = token
    redis.call('ZADD', T .. ' at:' .. node, now, id)   -- at once: the next head counts it
  elseif place == 'queued' then
    -- Those of one commit keep their order within the millisecond; a score has room for 4096 of them.
    add(resting, T .. ' queue:' .. node, now + i / 4096, id)
  elseif place == 'final' then
    add(resting, archive_key(T, node, now), now, id)
    batch.archived[node] = true
  else
    if place == 'sending' and blocking then set(batch.record, 'o', blocking) end
    add(resting, T .. ' at:' .. node, now, id)
  end
  return 'run'
end

-- Writes the record of one task that is in the lease. Returns its status and the ids of its effects, or false.
local function write_task(T, batch, i)
  local head, argv, record, now = batch.heads[i], batch.argv, batch.record, batch.now
  local id, node, visit, at = batch.ids[i], head[COMMIT_HEAD.node], head[COMMIT_HEAD.visit], head.at
  local key, fields, uses = T .. ' t:' .. id, record.fields, batch.uses
  local old = NOTHING
  if not (head[COMMIT_HEAD.fresh] and head[COMMIT_HEAD.save]) or batch.any_noted then
    old = redis.call('HMGET', key, unpack(COMMIT_FIELDS))
  end
  uses[head[COMMIT_HEAD.moves]] = (uses[head[COMMIT_HEAD.moves]] or 0) + 1
  local mails = take_mail(T, head, id)
  local place, lane, event, request, status, deleted = decide(head, old, mails, argv[at + 1], argv[at + 2])

  -- The old place: leased, or calling with a lease and an index entry of its own.
  if old[OLD.p] == 'calling' then redis.call('ZREM', T .. ' at:' .. old[OLD.n], id) end
  if place == 'calling' and deleted then
    status = 'lost'   -- its call must not begin
  elseif place == 'calling' and not may_call(T, batch, node, head[COMMIT_HEAD.limits], old[OLD.a]) then
    place, lane, status, request = 'ready', node, 'held', ''
  end

  fields[1] = key
  fields[3], fields[5], fields[7], fields[9], fields[11] = node, place, visit, argv[at], batch.stamp
  record.width, record.gone = 11, 0
  at = at + 3
  if head[COMMIT_HEAD.has_data] then
    set(record, 'd', argv[at])
    at = at + 1
  end
  local sent, blocking = send_effects(T, batch, head, id, at)
  if old[OLD.p] == 'calling' and place ~= 'calling' then drop(record, 'f') end
  local due = place ~= 'final' and not deleted and due_of(head, now, old[OLD.u])
  if due then
    local dues = batch.dues
    dues[#dues + 1] = due
    dues[#dues + 1] = id
    set(record, 'u', due)
  elseif old[OLD.u] then
    redis.call('ZREM', T .. ' due', id)
    drop(record, 'u')
  end
  set_rest(T, record, head, old, place, event, request, mails)
  local new_lane = deleted and 'run' or enter(T, batch, i, head, place, lane, blocking)
  if new_lane ~= 'run' then set(record, 'l', new_lane) elseif old[OLD.l] then drop(record, 'l') end

  for _, sum in ipairs(head[COMMIT_HEAD.sums] or NOTHING) do
    redis.call('HINCRBYFLOAT', T .. ' sums', sum[SUM.node] .. ' ' .. sum[SUM.total], sum[SUM.amount])
  end
  redis.call('HSET', unpack(fields, 1, record.width))
  if record.gone > 0 then redis.call('HDEL', key, unpack(record.names, 1, record.gone)) end
  local unused = head[COMMIT_HEAD.refused] or 0
  if place == 'final' and mails > 0 then unused = unused + refuse_mail(T, now, id, visit) end
  if unused > 0 then count_unused(T, id, unused) end
  -- Every index has been left already: to remove, the place must name none. Who waits for a task that ended is
  -- answered.
  if deleted then
    remove(T, now, id, {p = 'leased', n = node, v = visit, r = old[OLD.r],
      t = place ~= 'final' and (head[COMMIT_HEAD.told] or '')})
  end
  if head[COMMIT_HEAD.notify] then publish(T, 'done', id) end
  return status, sent
end

-- --- Write indices ---------------------------------------------------------------------------------------------------

-- How many tasks the batch has brought into each node and out of it, and what failed on their way.
local function count_moves(T, batch)
  open_minute(T, batch.now, batch.open)
  local changes = {}
  for list, uses in pairs(batch.uses) do
    for _, move in ipairs(batch.moves[list]) do
      local entered, left = move[MOVE.node] .. '.i', move[MOVE.node] .. '.o'
      changes[entered] = (changes[entered] or 0) + move[MOVE.entered] * uses
      changes[left] = (changes[left] or 0) + move[MOVE.left] * uses
    end
  end
  for field, change in pairs(changes) do
    if change ~= 0 then redis.call('HINCRBY', T .. ' cnt', field, change) end
  end
  for _, item in ipairs(batch.failures) do
    local uses = batch.uses[item[FAILURE_HEAD.moves]]
    if uses then count_failures(T, item[FAILURE_HEAD.node], item[FAILURE_HEAD.tag], uses) end
  end
end

-- What the tasks of the batch share: indices, lanes, timers, leases, counts and signals; and the end of the batch's
-- lease.
local function write_indices(T, batch)
  local resting, now, lease_key = batch.resting, batch.now, T .. ' lease:' .. batch.token
  for key, list in pairs(resting) do redis.call('ZADD', key, unpack(list)) end
  local day = math.floor(now / DAY_MS)
  for node in pairs(batch.archived) do redis.call('ZADD', T .. ' archs', day, whole(day) .. ':' .. node) end
  for lane, list in pairs(batch.lanes) do push_ready(T, lane, list) end
  set_dues(T, now, batch.dues)
  if #batch.leases > 0 then redis.call('ZADD', T .. ' leases', unpack(batch.leases)) end
  count_moves(T, batch)
  for i, limit in ipairs(batch.signals) do
    local at = batch.signals_at + 2 * (i - 1)
    signal(T, now, batch.members[1], limit, batch.argv[at], batch.argv[at + 1])
  end
  redis.call('SREM', lease_key, unpack(batch.members))
  if redis.call('EXISTS', lease_key) == 0 then redis.call('ZREM', T .. ' leases', batch.token) end
end

local function commit(keys, argv)
  local T = tag_of(keys)
  local batch, wrong = read_batch(argv)
  if wrong then return wrong end
  if #batch.heads == 0 then return 1 end
  local answered = check(T, batch)
  if answered then return answered end

  local now, _, real, open = clock(T)
  batch.now, batch.real, batch.open, batch.stamp = now, real, open, whole(now)
  batch.any_noted = redis.call('EXISTS', T .. ' noted') == 1
  batch.uses, batch.resting, batch.archived, batch.lanes, batch.dues, batch.leases = {}, {}, {}, {}, {}, {}
  batch.record = {fields = {'', 'n', '', 'p', '', 'v', '', 'm', '', 'x', ''}, names = {}, width = 0, gone = 0}
  local reply, plain = {}, true
  for i, head in ipairs(batch.heads) do
    local status, sent = 'lost', false
    if head.live then status, sent = write_task(T, batch, i) end
    if status ~= 'ok' or sent then plain = false end
    set_answer(reply, i, status, sent)
  end
  write_indices(T, batch)
  if plain then reply = 1 end
  redis.call('SET', T .. ' done:' .. batch.token .. ':' .. batch.ids[1], cmsgpack.pack(reply), 'PX', DONE_MS)
  return reply
end

register('commit', commit, {'allow-oom'})
