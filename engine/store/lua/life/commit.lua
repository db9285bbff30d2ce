-- commit: writes what runs did to the tasks of a lease.
-- ARGV: token, lease ms of calls, CommitMessage; then per head: meta, event, request, data (if it has them), the bodies of
--       its effects; then per signal its two bodies (reached, below again). The lists: engine/store/wire.py
-- Reply: 1 when all are 'ok' and sent nothing; else per head a CommittedRow, all in one list: 'ok', 'lost', 'again' or 'held',
--        and the outbox ids or nil; '<id>!<name>': sent after its sender was saved in the backup of that name
-- Guarantees: only the lease fences: a task that is not in it is left untouched ('lost'). The others are written whole:
-- record, index of the new place, counts, due time, archive, effects. 'again': committed, but mail that came meanwhile (at
-- a callback node) or a noted cancel made it ready at once. 'held': committed, but its outside call may not begin yet, so
-- it is ready in its node's lane, without its request: that was never sent, and will be made anew. A task that was claimed to
-- call has its slot: it goes from calling to calling with its request and no limits, and then calls. A noted delete removes it ('lost', if its outside call would begin now). Ended tasks answer waiting modifies.
-- Attempts are given back, except to an outside call: it may still take its worker along.
-- A call whose bucket is on its way to another partition, or there, is refused with ELSEWHERE: to be sent there.
-- If the caller dies: before, the lease runs out; after, effects are in the outbox. A resend gets the first answer.

local COMMIT_FIELDS = {'p', 'n', 'u', 'e', 'q', 'a', 'l', 'w', 'k', 'r', 's', 't', 'g'}
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
  local standing = (tonumber(cnt[1]) or 0) - (tonumber(cnt[2]) or 0) - (tonumber(cnt[3]) or 0)
  local reached, was = standing >= count, cnt[4] ~= false
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

local function commit(keys, argv)
  local T = tag_of(keys)
  local token, call_lease_ms = argv[1], tonumber(argv[2])
  local message = cmsgpack.unpack(argv[3])
  local move_lists, heads = message[COMMIT_MESSAGE.moves], message[COMMIT_MESSAGE.heads]
  local total = #heads
  if total == 0 then return 1 end

  local ids, at = {}, 4
  for i = 1, total do
    local head = heads[i]
    if not KNOWN[head[COMMIT_HEAD.place]] or not move_lists[head[COMMIT_HEAD.moves]] then return redis.error_reply('ERR commit: wrong outcome ' .. i) end
    ids[i] = head[COMMIT_HEAD.task_id]
    head.at = at
    at = at + 3 + (head[COMMIT_HEAD.has_data] and 1 or 0) + #head[COMMIT_HEAD.effects]
  end
  local limits = message[COMMIT_MESSAGE.signals] or {}
  local limits_at = at
  if at - 1 + 2 * #limits ~= #argv then return redis.error_reply('ERR commit: wrong number of arguments') end

  local lease_key = T .. ' lease:' .. token
  local held = redis.call('SMISMEMBER', lease_key, unpack(ids))
  local done_key = T .. ' done:' .. token .. ':' .. ids[1]
  local members, watched, mail_keys = {}, {}, {}
  for i = 1, total do
    local head = heads[i]
    if held[i] == 1 and not members[ids[i]] then
      members[#members + 1] = ids[i]
      members[ids[i]] = true
      head.live = true
      if head[COMMIT_HEAD.callback] or head[COMMIT_HEAD.sync_done] or head[COMMIT_HEAD.place] == 'final' or head[COMMIT_HEAD.mail_taken] > 0 then
        watched[#watched + 1] = head
        mail_keys[#mail_keys + 1] = T .. ' mail:' .. ids[i]
      end
    end
  end
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
    for i = 1, total do set_answer(reply, i, 'lost', false) end
    return reply
  end
  if #mail_keys > 0 and redis.call('EXISTS', unpack(mail_keys)) > 0 then
    for i, head in ipairs(watched) do head.mails = redis.call('LLEN', mail_keys[i]) end
  end

  local call_limits = message[COMMIT_MESSAGE.call_limits] or NOTHING
  local any_noted = redis.call('EXISTS', T .. ' noted') == 1
  local now, _, real = clock(T)
  local stamp = whole(now)
  local reply, plain = {}, true
  local list_uses, lanes, resting, dues, new_leases = {}, {}, {}, {}, {}
  local archived = {}
  -- Whether an outside call may begin now: nobody waits for a slot before it, and each limit lets it. A call made again
  -- alone after a crash always may: held again and again it would be blamed for attempts that it never had.
  local function may_call(node, number, attempts)
    local bounds = call_limits[number]
    if not bounds then return true end
    local now_us = real_us()
    if not attempts and (redis.call('EXISTS', T .. ' q:' .. node) == 1 or admitted(T, bounds, 1, now_us) == 0) then
      return false
    end
    charge(T, bounds, 1, now_us)
    return true
  end

  -- Of one task at a time: what to write (key, field, value, ...) and the names of the fields to delete.
  local fields, names = {'', 'n', '', 'p', '', 'v', '', 'm', '', 'x', ''}, {}

  for i = 1, total do
    local head = heads[i]
    local id, node, place, visit = head[COMMIT_HEAD.task_id], head[COMMIT_HEAD.node], head[COMMIT_HEAD.place], head[COMMIT_HEAD.visit]
    local status, sent = 'ok', false
    if not head.live then
      status = 'lost'
    else
      local key = T .. ' t:' .. id
      local old = NOTHING
      if not (head[COMMIT_HEAD.fresh] and head[COMMIT_HEAD.save]) or any_noted then
        old = redis.call('HMGET', key, unpack(COMMIT_FIELDS))
      end
      local old_due, noted = old[3], old[8]
      local meta, event, request, lane = argv[head.at], argv[head.at + 1], argv[head.at + 2], head[COMMIT_HEAD.lane]
      local body_at = head.at + 3
      list_uses[head[COMMIT_HEAD.moves]] = (list_uses[head[COMMIT_HEAD.moves]] or 0) + 1

      -- Mail: drop what was merged; what came since makes a task at a callback node ready again.
      local mails = head.mails or 0
      if mails > 0 and head[COMMIT_HEAD.mail_taken] > 0 then
        redis.call('LTRIM', T .. ' mail:' .. id, head[COMMIT_HEAD.mail_taken], -1)
        mails = math.max(0, mails - head[COMMIT_HEAD.mail_taken])
      end
      local deleted = place == 'final' and not head[COMMIT_HEAD.save]
      if noted == 'd' then
        deleted = true
      elseif place ~= 'final' then
        if noted then
          place, lane, event, request = 'ready', 'run', string.sub(noted, 2), ''
          status = 'again'
        elseif mails > 0 and head[COMMIT_HEAD.callback] and (place == 'parked' or place == 'waiting') then
          place, lane = 'ready', 'run'
          status = 'again'
        end
      end

      -- The old place: leased, or calling with a lease and an index entry of its own.
      if old[1] == 'calling' then redis.call('ZREM', T .. ' at:' .. old[2], id) end
      if place == 'calling' and deleted then
        status = 'lost'   -- its call must not begin
      elseif place == 'calling' and not may_call(node, head[COMMIT_HEAD.limits], old[6]) then
        place, lane, status, request = 'ready', node, 'held', ''
      end

      fields[1], fields[3], fields[5], fields[7], fields[9], fields[11] = key, node, place, visit, meta, stamp
      local width, gone = 11, 0
      if head[COMMIT_HEAD.has_data] then
        fields[12], fields[13], width = 'd', argv[body_at], 13
        body_at = body_at + 1
      end

      -- Effects, into the outbox.
      local blocking
      for n, effect in ipairs(head[COMMIT_HEAD.effects]) do
        local out_id, backup = send(T, now, id, visit, effect[EFFECT_HEAD.effect_id], effect[EFFECT_HEAD.conv_id], effect[EFFECT_HEAD.target], effect[EFFECT_HEAD.kind], argv[body_at], effect[EFFECT_HEAD.blocking],
          effect[EFFECT_HEAD.target_visit])
        body_at = body_at + 1
        sent = sent or {}
        sent[n] = backup and out_id .. '!' .. backup or out_id
        if effect[EFFECT_HEAD.blocking] then blocking = out_id end
      end

      if old[1] == 'calling' and place ~= 'calling' then gone = gone + 1; names[gone] = 'f' end

      -- Due time.
      local due
      if place ~= 'final' and not deleted then
        if head[COMMIT_HEAD.until_ms] >= 0 then due = head[COMMIT_HEAD.until_ms]
        elseif head[COMMIT_HEAD.delay_ms] >= 0 then due = now + head[COMMIT_HEAD.delay_ms]
        elseif head[COMMIT_HEAD.keep_due] and old_due then due = tonumber(old_due) end
      end
      if due then
        dues[#dues + 1] = due
        dues[#dues + 1] = id
        fields[width + 1], fields[width + 2], width = 'u', due, width + 2
      elseif old_due then
        redis.call('ZREM', T .. ' due', id)
        gone = gone + 1; names[gone] = 'u'
      end

      if event ~= '' then fields[width + 1], fields[width + 2], width = 'e', event, width + 2
      elseif old[4] then gone = gone + 1; names[gone] = 'e' end
      if request ~= '' then fields[width + 1], fields[width + 2], width = 'q', request, width + 2
      elseif old[5] then gone = gone + 1; names[gone] = 'q' end
      if old[6] and place ~= 'calling' then gone = gone + 1; names[gone] = 'a' end
      if noted then gone = gone + 1; names[gone] = 'w'; redis.call('SREM', T .. ' noted', id) end
      if head[COMMIT_HEAD.callback] then
        if not old[9] then fields[width + 1], fields[width + 2], width = 'k', '1', width + 2 end
      elseif old[9] then
        gone = gone + 1; names[gone] = 'k'
      end
      local told, waits_for, unused = head[COMMIT_HEAD.told] or '', head[COMMIT_HEAD.waits_for] or '', head[COMMIT_HEAD.refused] or 0
      if told ~= '' and place ~= 'final' then fields[width + 1], fields[width + 2], width = 't', told, width + 2
      elseif old[12] then gone = gone + 1; names[gone] = 't' end
      -- With the visit: an older worker leaves the field behind when the task goes on.
      if waits_for ~= '' and place == 'sending' then
        fields[width + 1], fields[width + 2], width = 'g', visit .. ' ' .. waits_for, width + 2
      elseif old[13] then gone = gone + 1; names[gone] = 'g' end
      if old[11] and (place == 'final' or (head[COMMIT_HEAD.sync_done] and not (mails > 0 and holds_sync(T, id, 0)))) then
        gone = gone + 1; names[gone] = 's'
      end

      -- The new place and its index.
      local new_lane = 'run'
      if deleted then
        -- removed below
      elseif place == 'ready' then
        new_lane = lane
        local list = lanes[lane]
        if not list then list = {}; lanes[lane] = list end
        list[#list + 1] = id
      elseif place == 'calling' then
        fields[width + 1], fields[width + 2], width = 'f', head[COMMIT_HEAD.token], width + 2
        redis.call('SADD', T .. ' lease:' .. head[COMMIT_HEAD.token], id)
        new_leases[#new_leases + 1] = real + call_lease_ms
        new_leases[#new_leases + 1] = head[COMMIT_HEAD.token]
        redis.call('ZADD', T .. ' at:' .. node, now, id)   -- at once: the next head counts it
      elseif place == 'queued' then
        -- Those of one commit keep their order within the millisecond; a score has room for 4096 of them.
        add(resting, T .. ' queue:' .. node, now + i / 4096, id)
      elseif place == 'final' then
        add(resting, archive_key(T, node, now), now, id)
        archived[node] = true
      else
        if place == 'sending' and blocking then fields[width + 1], fields[width + 2], width = 'o', blocking, width + 2 end
        add(resting, T .. ' at:' .. node, now, id)
      end
      if new_lane ~= 'run' then fields[width + 1], fields[width + 2], width = 'l', new_lane, width + 2
      elseif old[7] then gone = gone + 1; names[gone] = 'l' end

      for _, sum in ipairs(head[COMMIT_HEAD.sums] or NOTHING) do
        redis.call('HINCRBYFLOAT', T .. ' sums', sum[SUM.node] .. ' ' .. sum[SUM.total], sum[SUM.amount])
      end
      redis.call('HSET', unpack(fields, 1, width))
      if gone > 0 then redis.call('HDEL', key, unpack(names, 1, gone)) end
      if place == 'final' and mails > 0 then unused = unused + refuse_mail(T, now, id, visit) end
      if unused > 0 then count_unused(T, id, unused) end
      -- Every index has been left already: to remove, the place must name none. Who waits for a task that ended is answered.
      if deleted then
        remove(T, now, id, {p = 'leased', n = node, v = visit, r = old[10], t = place ~= 'final' and told})
      end
      if head[COMMIT_HEAD.notify] then publish(T, 'done', id) end
    end
    if status ~= 'ok' or sent then plain = false end
    set_answer(reply, i, status, sent)
  end

  for key, list in pairs(resting) do redis.call('ZADD', key, unpack(list)) end
  local day = math.floor(now / DAY_MS)
  for node in pairs(archived) do redis.call('ZADD', T .. ' archs', day, whole(day) .. ':' .. node) end
  for lane, list in pairs(lanes) do push_ready(T, lane, list) end
  set_dues(T, now, dues)
  if #new_leases > 0 then redis.call('ZADD', T .. ' leases', unpack(new_leases)) end

  local changes = {}
  for list, uses in pairs(list_uses) do
    for _, move in ipairs(move_lists[list]) do
      changes[move[MOVE.node] .. '.i'] = (changes[move[MOVE.node] .. '.i'] or 0) + move[MOVE.entered] * uses
      changes[move[MOVE.node] .. '.o'] = (changes[move[MOVE.node] .. '.o'] or 0) + move[MOVE.left] * uses
    end
  end
  for field, change in pairs(changes) do
    if change ~= 0 then redis.call('HINCRBY', T .. ' cnt', field, change) end
  end
  for i, limit in ipairs(limits) do signal(T, now, members[1], limit, argv[limits_at + 2 * i - 2], argv[limits_at + 2 * i - 1]) end

  redis.call('SREM', lease_key, unpack(members))
  if redis.call('EXISTS', lease_key) == 0 then redis.call('ZREM', T .. ' leases', token) end
  if plain then reply = 1 end
  redis.call('SET', done_key, cmsgpack.pack(reply), 'PX', DONE_MS)
  return reply
end

register('commit', commit, {'allow-oom'})
