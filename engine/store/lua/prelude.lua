-- What the scripts share. Assembled first into the library (engine/store/library.py).
--
-- Every script has exactly one declared key, KEYS[1] = '{ns:conv.p} gate', and builds all others from the same tag, so a
-- call never leaves its slot. The gate never exists: so a cluster refuses each call on a slot that is being moved, before
-- it has done anything (ASK), instead of running it where some of the keys are gone. No script reads a task's data, meta, event or request. A script's error does not roll back:
-- whatever can be wrong is checked before the first write.


local TIMEOUT = '{"type":"timeout"}'
local CHUNK = 7000          -- values handed to one redis.call: Lua's unpack fails near 8 000
local DAY_MS = 86400000
local SEEN_MS = DAY_MS      -- how long a target remembers effect ids
local SEEN_FROM_MS = 1704067200000   -- 2024: so that time, bucket and answer have room in one exact number, until 2058

-- Places whose tasks are listed in 'at:<node>'; queued ones lie in 'queue:<node>'.
local AT = {waiting = true, parked = true, delayed = true, sending = true, calling = true}

local function register(name, callback, flags)
  redis.register_function{function_name = name .. '_@HASH@', callback = callback, flags = flags}
end

-- '{ns:conv.p} gate' -> '{ns:conv.p}'
local function tag_of(keys)
  return string.sub(keys[1], 1, -6)
end

-- The server's real time in ms: leases.
local function real_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- The conv's clock in ms (real time plus the partition's offset): everything but leases. Also: paused?, real time.
local function clock(T)
  local real = real_ms()
  local meta = redis.call('HMGET', T .. ' meta', 'offset', 'paused')
  return real + (tonumber(meta[1]) or 0), meta[2] == '1', real
end

-- Numbers as text: Lua would write 14 digits and an exponent.
local function whole(number)
  return string.format('%.0f', number)
end

-- --- Hints: '<conv>.<p> lane <lane>' or '<conv>.<p> due <ms> <in ms>' on 'ns:hint'; may be lost ---------------

local function publish(T, channel, text)
  local ns, partition = string.match(T, '^{(.*):(%d+%.%d+)}$')
  redis.call('PUBLISH', ns .. ':' .. channel, partition .. ' ' .. text)
end

local function push_ready(T, lane, ids)
  local key = T .. ' q:' .. lane
  local total = #ids
  for from = 1, total, CHUNK do
    local length = redis.call('RPUSH', key, unpack(ids, from, math.min(from + CHUNK - 1, total)))
    if from == 1 and length == math.min(CHUNK, total) then publish(T, 'hint', 'lane ' .. lane) end
  end
end

-- due_args: {score, id, score, id, ...}; publishes when one of them is the new earliest.
local function set_dues(T, now, due_args)
  if #due_args == 0 then return end
  local key = T .. ' due'
  local before = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  for from = 1, #due_args, CHUNK - 1000 do
    redis.call('ZADD', key, unpack(due_args, from, math.min(from + CHUNK - 1001, #due_args)))
  end
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] and (not before[2] or tonumber(first[2]) < tonumber(before[2])) then
    local due = tonumber(first[2])
    publish(T, 'hint', 'due ' .. whole(due) .. ' ' .. whole(math.max(0, due - now)))
  end
end

-- How long until the next timer, or false.
local function next_due(T, now)
  local first = redis.call('ZRANGE', T .. ' due', 0, 0, 'WITHSCORES')
  if not first[2] then return false end
  return whole(math.max(0, tonumber(first[2]) - now))
end

-- --- Buckets (store rule 12) -----------------------------------------------------------------------------------------
-- The string 'buckets' says in one letter for each of the 1024: 'o' it is here; 'f' frozen, on its way out; 'i' on its way
-- in; '-' it is elsewhere. Without the string the conv was never repartitioned, and whatever is sent here belongs here.

local function crc16(text)
  local crc = 0
  for i = 1, #text do
    crc = bit.bxor(crc, bit.lshift(string.byte(text, i), 8))
    for _ = 1, 8 do
      local carry = bit.band(crc, 0x8000) ~= 0
      crc = bit.band(bit.lshift(crc, 1), 0xffff)
      if carry then crc = bit.bxor(crc, 0x1021) end
    end
  end
  return crc
end

-- The bucket of a ref or id, from 1 (engine/store/ids.py).
local function bucket_of(name)
  if #name == 24 and not string.find(name, '[^0-9a-f]') then return tonumber(string.sub(name, 9, 12), 16) % 1024 + 1 end
  return crc16(name) % 1024 + 1
end

-- buckets: the string, or false.
local function state_of(buckets, name)
  if not buckets then return 'o' end
  local number = bucket_of(name)
  return string.sub(buckets, number, number)
end

-- The score of an effect id that was applied: when, in which bucket (from 0), and the number of the answer (0 to 7).
-- answer 0 and bucket 0 for the least score of a moment.
local function seen_score(ms, name, answer)
  local bucket = name and bucket_of(name) - 1 or 0
  return whole((math.max(0, ms - SEEN_FROM_MS)) * 8192 + bucket * 8 + answer)
end

-- --- What was answered to an effect (deliver, create, modify) ------------------------------------------------------------
-- Remembered for a day by its id: in 'seen' with the number of the answer; the number 7 says that the answer is in words, in
-- the hash 'answers'. (A 7 without words is a 'same' of the first version of the engine.)

local ANSWERS = {[0] = 'ok', 'ref_taken', 'inactive', 'not_found', 'no_callback', 'duplicate_callback', 'late'}
local NUMBERS = {ok = 0, same = 0, ref_taken = 1, inactive = 2, not_found = 3, no_callback = 4, duplicate_callback = 5, late = 6}
local IN_WORDS = 7

-- Per effect id its first answer, or false.
local function recall(T, effect_ids)
  local scores, known = redis.call('ZMSCORE', T .. ' seen', unpack(effect_ids)), {}
  for i, score in ipairs(scores) do
    local number = score and tonumber(score) % 8
    if number == IN_WORDS then known[i] = redis.call('HGET', T .. ' answers', effect_ids[i]) or 'ok'
    else known[i] = number and ANSWERS[number] end
  end
  return known
end

-- Adds to `new`, for ZADD, that this effect was applied to the task of this name. words: more than a number can say.
local function remember(T, new, now, effect_id, name, answer, words)
  local number = not words and NUMBERS[answer] or IN_WORDS
  if number == IN_WORDS then redis.call('HSET', T .. ' answers', effect_id, words or answer) end
  new[#new + 1] = seen_score(now, name, number)
  new[#new + 1] = effect_id
end

local function buckets_of(T)
  return redis.call('GET', T .. ' buckets')
end

local function elsewhere(name)
  return redis.error_reply('ELSEWHERE the bucket of ' .. name .. ' has moved, or is moving')
end

-- --- Refs -------------------------------------------------------------------------------------------------

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

-- Writes a new ready task, but does not put it into its lane nor count it. ref '' = the id. armed: buckets move just now.
-- told: who waits for it, as of its field 't', or ''.
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

-- --- Moving one task between places -------------------------------------------------------------------------

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

-- --- Limits of outside calls ----------------------------------------------------------------------------------
-- limit: [name, calls at once or 0, microseconds between two calls or 0, [nodes that it counts]]. The hash 'rates' holds
-- per name when the next call would be due if all came evenly (the virtual scheduling of GCRA, ITU-T I.371).

local EARLY_US = 50000   -- so much of a rate may come at once, to make up for claims that came late

local function real_us()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- How many outside calls of these nodes are under way; `enough` or more is not counted further.
local function calling_in(T, nodes, enough)
  local listed = 0
  for _, node in ipairs(nodes) do listed = listed + redis.call('ZCARD', T .. ' at:' .. node) end
  if listed < enough then return listed end
  -- A node that was of another kind until a deploy may list tasks that rest in it: they are the older ones.
  local calling = 0
  for _, node in ipairs(nodes) do
    for _, id in ipairs(redis.call('ZRANGE', T .. ' at:' .. node, 0, enough - 1, 'REV')) do
      if redis.call('HGET', T .. ' t:' .. id, 'p') == 'calling' then calling = calling + 1 end
    end
  end
  return calling
end

local function next_due_us(T, limit, now_us)
  local due = tonumber(redis.call('HGET', T .. ' rates', limit[1])) or 0
  -- What was not used is lost; and never further off than one call leaves it, should the clock have been set back.
  return math.max(now_us, math.min(due, now_us + EARLY_US + limit[3]))
end

-- How many of `wanted` calls may begin now.
local function admitted(T, limits, wanted, now_us)
  for _, limit in ipairs(limits) do
    if limit[2] > 0 then wanted = math.min(wanted, limit[2] - calling_in(T, limit[4], limit[2])) end
    if limit[3] > 0 then
      local early = now_us + EARLY_US - next_due_us(T, limit, now_us)
      wanted = math.min(wanted, math.floor(early / limit[3]) + 1)
    end
  end
  return math.max(0, wanted)
end

-- Notes that `count` calls have begun.
local function charge(T, limits, count, now_us)
  for _, limit in ipairs(limits) do
    if limit[3] > 0 and count > 0 then
      local due = next_due_us(T, limit, now_us) + count * limit[3]
      redis.call('HSET', T .. ' rates', limit[1], whole(due))
    end
  end
end

-- How many ms until the rates let the next call begin.
local function rate_wait_ms(T, limits, now_us)
  local wait = 0
  for _, limit in ipairs(limits) do
    if limit[3] > 0 then wait = math.max(wait, next_due_us(T, limit, now_us) - EARLY_US - now_us) end
  end
  return math.ceil(wait / 1000)
end

-- --- Mail and outbox ----------------------------------------------------------------------------------------

-- A mail begins with the line 'kind sync conv task visit effect_id'; conv 0: nobody waits for an answer. Of a mail without
-- that line nobody knows who waits.
local function mail_head(mail)
  local sync, conv, task_id, visit, effect_id = string.match(mail, '^%S+ (%d) (%d+) (%S+) (%d+) ([^\n]*)\n')
  return {sync = sync == '1', conv = conv or '0', task_id = task_id, visit = visit, effect_id = effect_id}
end

-- --- While a backup is made (engine/backup/save.py) ---
-- 'meta' names it in the field 'keep'. Tasks are saved at different moments, so no task may be saved with something in it that its
-- sender, saved earlier, is yet to send: an effect that was sent by a task after it was saved is marked with the backup's name,
-- and before its target takes it, the target is saved as it is (the algorithm of Chandy and Lamport, task by task).
-- 'saved': '1' for each bucket that was saved; 'imaged': tasks saved before their bucket, in the list 'images', or made since by
-- a marked effect; 'after': effects that they have taken since.

local function is_saved(T, id)
  local number = bucket_of(id)
  return redis.call('GETRANGE', T .. ' saved', number - 1, number - 1) == '1' or redis.call('SISMEMBER', T .. ' imaged', id) == 1
end

-- Whether an entry of the outbox was sent after its sender was saved.
local function is_marked(fields, backup)
  for n = 1, #fields, 2 do
    if fields[n] == 's' then return fields[n + 1] == backup end
  end
  return false
end

-- Saves a task as it is, unless it is saved.
local function save_image(T, id)
  if is_saved(T, id) then return end
  local fields = redis.call('HGETALL', T .. ' t:' .. id)
  local pointer = redis.call('GET', T .. ' r:' .. (redis.call('HGET', T .. ' t:' .. id, 'r') or id)) == id
  redis.call('RPUSH', T .. ' images', cmsgpack.pack({id, pointer and 1 or 0, false, fields, redis.call('LRANGE', T .. ' mail:' .. id, 0, -1)}))
  redis.call('SADD', T .. ' imaged', id)
end

-- Returns the entry's id, and the backup that it is marked with, if any.
local function send(T, now, id, visit, effect_id, conv, target, kind, body, blocking, to_visit)
  local backup = redis.call('HGET', T .. ' meta', 'keep')
  if backup and is_saved(T, id) then
    return redis.call('XADD', T .. ' out', '*', 'a', now, 't', id, 'v', visit, 'e', effect_id, 'c', conv, 'g', target,
      'k', kind, 'b', body, 'x', blocking and '1' or '', 'w', to_visit, 's', backup), backup
  end
  return redis.call('XADD', T .. ' out', '*', 'a', now, 't', id, 'v', visit, 'e', effect_id, 'c', conv, 'g', target,
    'k', kind, 'b', body, 'x', blocking and '1' or '', 'w', to_visit)
end

-- --- Who waits for a task -----------------------------------------------------------------------------------------------
-- The record's field 't' names them, a line each: 'a conv task visit' waits until the task next rests or ends (a copy or a
-- synchronous modify), 'r conv task visit' for a reply, and is to be told when there will be none, 'q conv task visit' has
-- taken it out of a queue and waits for its data. A worker answers them in its commits; the scripts answer them when a task is
-- deleted or set aside, and who took one out of a queue also when it is cancelled or retried before it ran. Senders of
-- synchronous modifies that were not taken yet stand in the mail itself.

local NOT_FOUND = 'not_found_task'
local NO_REPLY = 'rpc_task_fatal_error\nthe called task was deleted before it replied'
local NO_DATA = 'get_task_fatal_error\nthe task that was taken from the queue was '

-- An effect of kind 'refuse': its body is the error's tag and, in a second line, its description.
local function refuse(T, now, id, visit, effect_id, conv, task_id, to_visit, words)
  send(T, now, id, visit, effect_id .. ':refused', conv, task_id, 'refuse', words, false, to_visit)
end

-- Tells those of the field 't' for whom there are words, by kind.
local function answer_waiters(T, now, id, task, words)
  for kind, conv, task_id, visit in string.gmatch(task.t or '', '(%a) (%d+) (%S+) (%d+)') do
    if words[kind] then
      refuse(T, now, id, task.v or 1, id .. ':' .. kind .. ':' .. task_id .. ':' .. visit, conv, task_id, tonumber(visit),
        words[kind])
    end
  end
end

-- The event of a task that is ready is about to give way to a cancel or retry. Was it that the task was taken out of a queue,
-- then it will not bring who took it its data.
local function answer_taker(T, now, id, task)
  if not string.find(task.t or '', 'q %d') then return end
  answer_waiters(T, now, id, task, {q = NO_DATA .. 'cancelled or retried'})
  task.t = string.gsub(task.t, 'q [^\n]*\n?', '')
  if task.t == '' then redis.call('HDEL', T .. ' t:' .. id, 't') else redis.call('HSET', T .. ' t:' .. id, 't', task.t) end
end

-- Notes that `count` modifies that were accepted have had no effect: with the task, and for its conv.
local function count_unused(T, id, count)
  redis.call('HINCRBY', T .. ' t:' .. id, 'b', count)
  redis.call('HINCRBY', T .. ' meta', 'unused', count)
end

-- Empties the mailbox of a task that takes no more: senders of synchronous modifies are told, the others have gone on.
-- Returns how many of those there were.
local function refuse_mail(T, now, id, visit)
  local key, unused = T .. ' mail:' .. id, 0
  for _, mail in ipairs(redis.call('LRANGE', key, 0, -1)) do
    local head = mail_head(mail)
    if head.conv ~= '0' then refuse(T, now, id, visit, head.effect_id, head.conv, head.task_id, head.visit, NOT_FOUND)
    else unused = unused + 1 end
  end
  redis.call('DEL', key)
  return unused
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
  local told = redis.call('HMGET', key, 't', 'v', 's')
  local words = 'copy_task_fatal_error\nthe task was set aside: ' .. reason
  answer_waiters(T, now, id, {t = told[1], v = told[2]}, {
    a = words, r = 'rpc_task_fatal_error\nthe called task was set aside: ' .. reason, q = NO_DATA .. 'set aside: ' .. reason})
  if told[1] or told[3] then redis.call('HDEL', key, 't', 's') end
  local mails = redis.call('LRANGE', mail_key, 0, -1)
  redis.call('DEL', mail_key)
  for _, mail in ipairs(mails) do
    local head = mail_head(mail)
    if head.conv == '0' then redis.call('RPUSH', mail_key, mail)
    else refuse(T, now, id, told[2] or 1, head.effect_id, head.conv, head.task_id, head.visit, words) end
  end
end

-- The fields of an entry of the outbox by name.
local function effect_of(entry)
  local effect = {}
  for n = 1, #entry[2], 2 do effect[entry[2][n]] = entry[2][n + 1] end
  return effect
end

-- Takes an entry out of the outbox that will not be delivered, for a person to look at: why, stands in its field 'y'. The
-- task that waits for it is set aside with it.
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
  if task.p ~= 'final' then answer_waiters(T, now, id, task, {a = NOT_FOUND, r = NO_REPLY, q = NO_DATA .. 'deleted'}) end
  local unused = refuse_mail(T, now, id, task.v or 1)
  if unused > 0 then redis.call('HINCRBY', T .. ' meta', 'unused', unused) end
  local ref = task.r or id
  if redis.call('GET', T .. ' r:' .. ref) == id then redis.call('DEL', T .. ' r:' .. ref) end
  redis.call('DEL', T .. ' t:' .. id)
  redis.call('HINCRBY', T .. ' cnt', task.n .. '.x', 1)
end
