-- Mail and outbox, and who waits for a task.

-- A mail begins with the line 'kind sync conv task visit effect_id'; conv 0: nobody waits for an answer. Of a mail
-- without that line nobody knows who waits.
local function mail_head(mail)
  local sync, conv, task_id, visit, effect_id = string.match(mail, '^%S+ (%d) (%d+) (%S+) (%d+) ([^\n]*)\n')
  return {sync = sync == '1', conv = conv or '0', task_id = task_id, visit = visit, effect_id = effect_id}
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

-- --- Who waits for a task ---
-- The record's field 't' names them, a line each: 'a conv task visit' waits until the task next rests or ends (a copy
-- or a synchronous modify), 'r conv task visit' for a reply, and is to be told when there will be none, 'q conv task
-- visit' has taken it out of a queue and waits for its data. A worker answers them in its commits; the scripts answer
-- them when a task is deleted or set aside, and who took one out of a queue also when it is cancelled or retried before
-- it ran. Senders of synchronous modifies that were not taken yet stand in the mail itself.

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
      local effect_id = id .. ':' .. kind .. ':' .. task_id .. ':' .. visit
      refuse(T, now, id, task.v or 1, effect_id, conv, task_id, tonumber(visit), words[kind])
    end
  end
end

-- The event of a task that is ready is about to give way to a cancel or retry. Was it that the task was taken out of a
-- queue, then it will not bring who took it its data.
local function answer_taker(T, now, id, task)
  if not string.find(task.t or '', 'q %d') then return end
  answer_waiters(T, now, id, task, {q = NO_DATA .. 'cancelled or retried'})
  task.t = string.gsub(task.t, 'q [^\n]*\n?', '')
  if task.t == '' then redis.call('HDEL', T .. ' t:' .. id, 't')
  else redis.call('HSET', T .. ' t:' .. id, 't', task.t) end
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

-- The fields of an entry of the outbox by name.
local function effect_of(entry)
  local effect = {}
  for n = 1, #entry[2], 2 do effect[entry[2][n]] = entry[2][n + 1] end
  return effect
end
