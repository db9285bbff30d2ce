-- arm, freeze, export, adopt, release, activate, purge: buckets on their way from one partition of a conv to another.
--
-- The states of a bucket (prelude.lua) keep one owner at any time:
--   giver 'o' -> 'f' (freeze) -> '-' (release);   taker '-' -> 'i' (expect) -> 'o' (activate).
-- While frozen nothing changes there but what is under a batch's lease, and only reads are answered; between release and
-- activate nobody has the bucket, and calls are sent again. Copies on the wrong side have no effect: they are in no lane
-- that is claimed from, no timer of theirs fires. Whoever finds a move half done can tell from the states which half:
-- frozen: put it back (`drop`, `thaw`); 'i' and nobody 'o' or 'f': go on (`activate`).
--
-- All but `arm`, `export*` and `leased` are refused unless the caller is the mover that armed the partition last: one
-- that was thought dead does no harm. If the caller dies: the next one goes on. Twice is the same as once.

local BUCKETS = 1024

local function is_mover(T, name)
  return redis.call('HGET', T .. ' meta', 'mover') == name
end

local function not_mover()
  return redis.error_reply('ERR another repartition of this conv has taken over')
end

-- {bucket number from 1: true}
local function numbers_of(packed)
  local set = {}
  for _, bucket in ipairs(cmsgpack.unpack(packed)) do set[bucket + 1] = true end
  return set
end

-- Puts the buckets of the set that are in state `from` into state `to`; how many.
local function turn(T, set, from, to)
  local letters, changed = {}, 0
  local buckets = buckets_of(T)
  for number = 1, BUCKETS do
    local state = string.sub(buckets, number, number)
    if set[number] and state == from then state = to; changed = changed + 1 end
    letters[number] = state
  end
  redis.call('SET', T .. ' buckets', table.concat(letters))
  return changed
end

-- ARGV: mover, states if there are none yet, offset or '' (as it is), '1' paused, '' not, '-' as it is
-- Reply: [states, offset, paused, now ms]
local function arm(keys, argv)
  local T = tag_of(keys)
  if not buckets_of(T) then redis.call('SET', T .. ' buckets', argv[2]) end
  redis.call('HSET', T .. ' meta', 'mover', argv[1])
  if argv[3] ~= '' then redis.call('HSET', T .. ' meta', 'offset', argv[3]) end
  if argv[4] == '1' then redis.call('HSET', T .. ' meta', 'paused', '1') end
  local meta = redis.call('HMGET', T .. ' meta', 'offset', 'paused')
  return {buckets_of(T), meta[1] or '0', meta[2] or '', whole(clock(T))}
end

-- ARGV: mover, '1' when the conv was never repartitioned: then it need not know its buckets
local function disarm(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  redis.call('HDEL', T .. ' meta', 'mover')
  redis.call('DEL', T .. ' born', T .. ' put')
  if argv[2] == '1' then redis.call('DEL', T .. ' buckets') end
  return 1
end

-- ARGV: mover, [bucket, ...]; of freeze, release, expect, thaw
local function freeze(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  return turn(T, numbers_of(argv[2]), 'o', 'f')
end

local function release(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  return turn(T, numbers_of(argv[2]), 'f', '-')
end

local function expect(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  return turn(T, numbers_of(argv[2]), '-', 'i')
end

-- Frozen buckets stay after all: what claims have put off goes back into its lane.
local function thaw(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local changed = turn(T, numbers_of(argv[2]), 'f', 'o')
  local buckets, lanes = buckets_of(T), {}
  local put = redis.call('LRANGE', T .. ' put', 0, -1)
  redis.call('DEL', T .. ' put')
  for _, id in ipairs(put) do
    local task = look(T, id)
    local state = state_of(buckets, id)
    if task and task.p == 'ready' and state == 'o' then
      local lane = task.l or 'run'
      lanes[lane] = lanes[lane] or {}
      table.insert(lanes[lane], id)
    elseif state == 'f' then
      redis.call('RPUSH', T .. ' put', id)
    end
  end
  for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  return changed
end

-- ARGV: [bucket, ...]. Reply: how many tasks of theirs are in a batch that is not committed yet
local function leased(keys, argv)
  local T = tag_of(keys)
  local set, count = numbers_of(argv[1]), 0
  for _, token in ipairs(redis.call('ZRANGE', T .. ' leases', 0, -1)) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. token)) do
      if set[bucket_of(id)] and redis.call('HGET', T .. ' t:' .. id, 'p') == 'leased' then count = count + 1 end
    end
  end
  return count
end

-- Reply: the ids of tasks created since the partition was armed
local function export_born(keys)
  local T = tag_of(keys)
  return redis.call('SMEMBERS', T .. ' born')
end

-- ARGV: id, ...
-- Reply: per task that there is [id, is its ref's pointer to it, deadline of its own lease or nil, [field, value, ...], [mail, ...]]
local function export(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  local backup = redis.call('HEXISTS', T .. ' meta', 'keep') == 1
  for _, id in ipairs(argv) do
    local task = look(T, id)
    if task and not (backup and redis.call('SISMEMBER', T .. ' imaged', id) == 1) then
      local deadline = task.p == 'calling' and task.f and redis.call('ZSCORE', T .. ' leases', task.f)
      reply[#reply + 1] = {id, redis.call('GET', T .. ' r:' .. (task.r or id)) == id and 1 or 0, deadline,
        redis.call('HGETALL', T .. ' t:' .. id), redis.call('LRANGE', T .. ' mail:' .. id, 0, -1)}
    end
  end
  return reply
end

-- ARGV: [bucket, ...]. Reply: [[out id, [field, value, ...]], ...], [[out id, [...]] of effects set aside, ...]
local function export_effects(keys, argv)
  local T = tag_of(keys)
  local set, sent, late = numbers_of(argv[1]), {}, {}
  local backup = redis.call('HGET', T .. ' meta', 'keep')
  for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+')) do
    local fields = entry[2]
    for n = 1, #fields, 2 do
      if fields[n] == 't' and set[bucket_of(fields[n + 1])] and not (backup and is_marked(fields, backup)) then
        sent[#sent + 1] = entry
      end
    end
  end
  for _, member in ipairs(redis.call('ZRANGE', T .. ' aside', 0, -1)) do
    if string.sub(member, 1, 5) == 'late:' then
      local id = redis.call('HGET', T .. ' late:' .. string.sub(member, 6), 't')
      if id and set[bucket_of(id)] then
        late[#late + 1] = {string.sub(member, 6), redis.call('HGETALL', T .. ' late:' .. string.sub(member, 6))}
      end
    end
  end
  return {sent, late}
end

-- ARGV: ms, offset, count. Reply: [effect id, score, its answer in words or '', ...] of those seen since
local function export_seen(keys, argv)
  local T = tag_of(keys)
  local since = seen_score(tonumber(argv[1]), nil, 0)
  local seen = redis.call('ZRANGE', T .. ' seen', since, '+inf', 'BYSCORE', 'LIMIT', argv[2], argv[3], 'WITHSCORES')
  local reply = {}
  for n = 1, #seen, 2 do
    local words = tonumber(seen[n + 1]) % 8 == IN_WORDS and redis.call('HGET', T .. ' answers', seen[n])
    reply[#reply + 1] = seen[n]
    reply[#reply + 1] = seen[n + 1]
    reply[#reply + 1] = words or ''
  end
  return reply
end

-- ARGV: mover; then per effect: score, effect id, words or ''
local function adopt_seen(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  for n = 2, #argv, 3 do
    redis.call('ZADD', T .. ' seen', argv[n], argv[n + 1])
    if argv[n + 2] ~= '' then redis.call('HSET', T .. ' answers', argv[n + 1], argv[n + 2]) end
  end
  return 1
end

-- ARGV: mover; then per task: id, '1' for the pointer, deadline or '', number of fields, field, value, ..., number of mails,
--       mail, ...
-- Reply: how many were not here yet. Refused when memory is full.
local function adopt(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local now, buckets = clock(T), buckets_of(T)
  local at, adopted, entered, dues = 2, 0, {}, {}
  while at <= #argv do
    local id, pointer, deadline, width = argv[at], argv[at + 1] == '1', argv[at + 2], tonumber(argv[at + 3])
    local mails_at = at + 4 + width
    local mails = tonumber(argv[mails_at])
    if state_of(buckets, id) ~= 'i' then return redis.error_reply('ERR adopt: nothing of this bucket is expected') end
    if redis.call('EXISTS', T .. ' t:' .. id) == 0 then
      redis.call('HSET', T .. ' t:' .. id, unpack(argv, at + 4, mails_at - 1))
      if mails > 0 then redis.call('RPUSH', T .. ' mail:' .. id, unpack(argv, mails_at + 1, mails_at + mails)) end
      local task = look(T, id)
      local since = task.x or task.c
      if AT[task.p] then redis.call('ZADD', T .. ' at:' .. task.n, since, id)
      elseif task.p == 'queued' then redis.call('ZADD', T .. ' queue:' .. task.n, since, id)
      elseif task.p == 'aside' then redis.call('ZADD', T .. ' aside', since, id)
      elseif task.p == 'final' then
        local day = math.floor(tonumber(since) / DAY_MS)
        redis.call('ZADD', archive_key(T, task.n, tonumber(since)), since, id)
        redis.call('ZADD', T .. ' archs', day, whole(day) .. ':' .. task.n)
        redis.call('HDEL', T .. ' sized', whole(day) .. ':' .. task.n)   -- it is measured anew
      end
      if task.u then dues[#dues + 1] = tonumber(task.u); dues[#dues + 1] = id end
      if pointer then redis.call('SET', T .. ' r:' .. (task.r or id), id) end
      if deadline ~= '' then redis.call('HSET', T .. ' carried:' .. bucket_of(id), 'lease ' .. id, deadline) end
      redis.call('SADD', T .. ' incoming:' .. bucket_of(id), id)
      entered[task.n] = (entered[task.n] or 0) + 1
      adopted = adopted + 1
    end
    at = mails_at + mails + 1
  end
  for node, tasks in pairs(entered) do redis.call('HINCRBY', T .. ' cnt', node .. '.i', tasks) end
  set_dues(T, now, dues)
  return adopted
end

-- ARGV: mover, 'out' or 'late', out id, number of fields, field, value, ...
-- An effect to be sent on from here: at once, or, of the outbox, when its bucket is here.
local function adopt_effect(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local fields, id = {}, ''
  for n = 5, #argv do fields[n - 4] = argv[n] end
  for n = 1, #fields, 2 do
    if fields[n] == 't' then id = fields[n + 1] end
  end
  if argv[2] == 'late' then
    redis.call('HSET', T .. ' late:' .. argv[3], unpack(fields))
    redis.call('ZADD', T .. ' aside', whole(clock(T)), 'late:' .. argv[3])
  else
    redis.call('HSET', T .. ' carried:' .. bucket_of(id), 'out ' .. argv[3], cmsgpack.pack(fields))
  end
  return 1
end

-- ARGV: mover, [bucket, ...]
-- The buckets that are 'i' are here from now on: ready tasks go into their lanes, calls under their leases, effects into
-- the outbox. Reply: how many tasks.
local function activate(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local set, now = numbers_of(argv[2]), clock(T)
  turn(T, set, 'i', 'o')
  local lanes, count, sent = {}, 0, {}
  for number in pairs(set) do
    local carried = redis.call('HGETALL', T .. ' carried:' .. number)
    local deadlines = {}
    for n = 1, #carried, 2 do
      local out_id = string.match(carried[n], '^out (.*)$')
      if out_id then
        local ms, order = string.match(out_id, '^(%d+)%-(%d+)$')
        sent[#sent + 1] = {tonumber(ms), tonumber(order), out_id, cmsgpack.unpack(carried[n + 1])}
      else
        deadlines[string.sub(carried[n], 7)] = carried[n + 1]
      end
    end
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' incoming:' .. number)) do
      local task = look(T, id)
      if task and task.p == 'ready' then
        local lane = task.l or 'run'
        lanes[lane] = lanes[lane] or {}
        table.insert(lanes[lane], id)
      elseif task and task.p == 'calling' then
        redis.call('SADD', T .. ' lease:' .. task.f, id)
        redis.call('ZADD', T .. ' leases', tonumber(deadlines[id]) or 0, task.f)
      end
      count = count + 1
    end
    redis.call('DEL', T .. ' incoming:' .. number, T .. ' carried:' .. number)
  end
  -- The effects of one sender reach one target in their order.
  table.sort(sent, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
  for _, effect in ipairs(sent) do
    local fields, id = effect[4], ''
    for n = 1, #fields, 2 do
      if fields[n] == 't' then id = fields[n + 1] end
    end
    local new_id = redis.call('XADD', T .. ' out', '*', unpack(fields))
    if redis.call('HGET', T .. ' t:' .. id, 'o') == effect[3] then redis.call('HSET', T .. ' t:' .. id, 'o', new_id) end
  end
  for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  local due = next_due(T, now)
  if due then publish(T, 'hint', 'due ' .. whole(now + tonumber(due)) .. ' ' .. due) end
  return count
end

-- Takes away a copy: everything of a task that is elsewhere now, without anybody being told.
local function forget(T, id)
  local task = look(T, id)
  if not task then return end
  leave_place(T, id, task)
  if task.p == 'final' then
    redis.call('HDEL', T .. ' sized', whole(math.floor(tonumber(task.x or task.c) / DAY_MS)) .. ':' .. task.n)
  end
  redis.call('ZREM', T .. ' due', id)
  redis.call('SREM', T .. ' noted', id)
  local ref = task.r or id
  if redis.call('GET', T .. ' r:' .. ref) == id then redis.call('DEL', T .. ' r:' .. ref) end
  redis.call('DEL', T .. ' mail:' .. id, T .. ' t:' .. id)
  redis.call('SREM', T .. ' incoming:' .. bucket_of(id), id)
  redis.call('SREM', T .. ' born', id)
  redis.call('HINCRBY', T .. ' cnt', task.n .. '.i', -1)
end

-- ARGV: mover, id, ...: those whose bucket is elsewhere are forgotten here
local function purge(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local buckets = buckets_of(T)
  for n = 2, #argv do
    if state_of(buckets, argv[n]) == '-' then forget(T, argv[n]) end
  end
  return 1
end

-- ARGV: mover. What is left of effects whose bucket is elsewhere
local function purge_effects(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local buckets = buckets_of(T)
  for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+')) do
    for n = 1, #entry[2], 2 do
      if entry[2][n] == 't' and state_of(buckets, entry[2][n + 1]) == '-' then redis.call('XDEL', T .. ' out', entry[1]) end
    end
  end
  for _, member in ipairs(redis.call('ZRANGE', T .. ' aside', 0, -1)) do
    if string.sub(member, 1, 5) == 'late:' then
      local key = T .. ' late:' .. string.sub(member, 6)
      local id = redis.call('HGET', key, 't')
      if id and state_of(buckets, id) == '-' then
        redis.call('DEL', key)
        redis.call('ZREM', T .. ' aside', member)
      end
    end
  end
  return 1
end

-- ARGV: mover, [bucket, ...]: those that were expected do not come; what came of them is forgotten
local function drop(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local set = numbers_of(argv[2])
  local changed = turn(T, set, 'i', '-')
  for number in pairs(set) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' incoming:' .. number)) do forget(T, id) end
    redis.call('DEL', T .. ' carried:' .. number)
  end
  return changed
end

-- The totals of each node, how many signals were sent, and how many modifies were of no use: for a partition that is given up, or a backup.
local function export_counts(keys)
  local T = tag_of(keys)
  local counts = redis.call('HGETALL', T .. ' cnt')
  for _, total in ipairs({'signals', 'unused'}) do
    counts[#counts + 1] = total
    counts[#counts + 1] = redis.call('HGET', T .. ' meta', total) or '0'
  end
  local sums = redis.call('HGETALL', T .. ' sums')
  for n = 1, #sums, 2 do
    counts[#counts + 1] = 'sum ' .. sums[n]
    counts[#counts + 1] = sums[n + 1]
  end
  return counts
end

-- ARGV: mover, name of a backup to be made, or '' when it is made (prelude.lua)
local function keep(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  redis.call('DEL', T .. ' kept', T .. ' images', T .. ' imaged', T .. ' after', T .. ' saved')
  if argv[2] == '' then redis.call('HDEL', T .. ' meta', 'keep')
  else
    redis.call('HSET', T .. ' meta', 'keep', argv[2])
    redis.call('SET', T .. ' saved', string.rep('0', BUCKETS))
  end
  return 1
end

-- ARGV: mover, [bucket, ...]: frozen buckets that were saved
local function saved(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  local set, letters, old = numbers_of(argv[2]), {}, redis.call('GET', T .. ' saved')
  for number = 1, BUCKETS do letters[number] = set[number] and '1' or string.sub(old, number, number) end
  redis.call('SET', T .. ' saved', table.concat(letters))
  return 1
end

-- ARGV: from, count. Reply: as of export: tasks that were saved before their bucket
local function export_images(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for i, image in ipairs(redis.call('LRANGE', T .. ' images', argv[1], argv[1] + argv[2] - 1)) do
    reply[i] = cmsgpack.unpack(image)
  end
  return reply
end

-- Reply: the effects that are not in what was saved of their targets, though they were taken before their bucket was saved
local function export_after(keys)
  local T = tag_of(keys)
  return redis.call('SMEMBERS', T .. ' after')
end

-- ARGV: from, count. Reply: [[out id, [field, value, ...]], ...]
local function export_kept(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for i, entry in ipairs(redis.call('LRANGE', T .. ' kept', argv[1], argv[1] + argv[2] - 1)) do
    reply[i] = cmsgpack.unpack(entry)
  end
  return reply
end

-- ARGV: mover, where from, field, number, ...: once, until `retired` says that they are there no longer
local function adopt_counts(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  if redis.call('HSETNX', T .. ' meta', 'counts of ' .. argv[2], 1) == 0 then return 0 end
  for n = 3, #argv, 2 do
    local total = string.match(argv[n], '^sum (.*)$')
    if argv[n] == 'signals' or argv[n] == 'unused' then redis.call('HINCRBY', T .. ' meta', argv[n], argv[n + 1])
    elseif total then redis.call('HINCRBYFLOAT', T .. ' sums', total, argv[n + 1])
    else redis.call('HINCRBY', T .. ' cnt', argv[n], argv[n + 1]) end
  end
  return 1
end

-- ARGV: mover, which partition was given up
local function retired(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  return redis.call('HDEL', T .. ' meta', 'counts of ' .. argv[2])
end

-- ARGV: mover. What a partition without tasks keeps is forgotten, but that it has no bucket.
local function retire(keys, argv)
  local T = tag_of(keys)
  if not is_mover(T, argv[1]) then return not_mover() end
  for _, field in ipairs(redis.call('HKEYS', T .. ' cnt')) do
    redis.call('DEL', T .. ' q:' .. string.sub(field, 1, -3))
  end
  redis.call('DEL', T .. ' cnt', T .. ' sums', T .. ' seen', T .. ' answers', T .. ' rates', T .. ' sized', T .. ' out', T .. ' archs', T .. ' meta', T .. ' born',
    T .. ' put', T .. ' q:run', T .. ' q:alone')
  return 1
end

-- ARGV: name, ...: keys that are deleted
local function wipe(keys, argv)
  local T = tag_of(keys)
  for _, name in ipairs(argv) do redis.call('UNLINK', T .. ' ' .. name) end
  return #argv
end

register('wipe', wipe, {'allow-oom'})
register('arm', arm, {'allow-oom'})
register('disarm', disarm, {'allow-oom'})
register('freeze', freeze, {'allow-oom'})
register('release', release, {'allow-oom'})
register('expect', expect, {'allow-oom'})
register('thaw', thaw, {'allow-oom'})
register('leased', leased, {'no-writes'})
register('export_born', export_born, {'no-writes'})
register('export', export, {'no-writes'})
register('export_effects', export_effects, {'no-writes'})
register('export_seen', export_seen, {'no-writes'})
register('adopt_seen', adopt_seen, {})
register('adopt', adopt, {})
register('adopt_effect', adopt_effect, {})
register('activate', activate, {'allow-oom'})
register('purge', purge, {'allow-oom'})
register('purge_effects', purge_effects, {'allow-oom'})
register('drop', drop, {'allow-oom'})
register('keep', keep, {'allow-oom'})
register('saved', saved, {'allow-oom'})
register('export_images', export_images, {'no-writes'})
register('export_after', export_after, {'no-writes'})
register('export_kept', export_kept, {'no-writes'})
register('export_counts', export_counts, {'no-writes'})
register('adopt_counts', adopt_counts, {'allow-oom'})
register('retired', retired, {'allow-oom'})
register('retire', retire, {'allow-oom'})
