-- While a backup is made (engine/backup/save.py).
-- 'meta' names it in the field 'keep'. Tasks are saved at different moments, so no task may be saved with something in
-- it that its sender, saved earlier, is yet to send: an effect that was sent by a task after it was saved is marked
-- with the backup's name, and before its target takes it, the target is saved as it is (the algorithm of Chandy and
-- Lamport, task by task). 'saved': '1' for each bucket that was saved; 'imaged': tasks saved before their bucket, in
-- the list 'images', or made since by a marked effect; 'after': effects that they have taken since.

local function is_saved(T, id)
  local number = bucket_of(id)
  return redis.call('GETRANGE', T .. ' saved', number - 1, number - 1) == '1'
    or redis.call('SISMEMBER', T .. ' imaged', id) == 1
end

-- Whether an entry of the outbox was sent after its sender was saved.
local function is_marked(fields, backup)
  for n = 1, #fields, 2 do
    if fields[n] == 's' then return fields[n + 1] == backup end
  end
  return false
end

-- All of a task. ref: false, where it has none of its own; deadline: of its own lease, or false.
local function carry(T, id, ref, deadline)
  local row = {
    [CARRIED_ROW.task_id] = id, [CARRIED_ROW.pointer] = redis.call('GET', T .. ' r:' .. (ref or id)) == id and 1 or 0,
    [CARRIED_ROW.deadline] = deadline, [CARRIED_ROW.fields] = redis.call('HGETALL', T .. ' t:' .. id)}
  for i, name in ipairs(TASK_KEYS) do row[CARRIED_ROW.width + i] = read_task_key(T, name, id) end
  return row
end

-- Saves a task as it is, unless it is saved.
local function save_image(T, id)
  if is_saved(T, id) then return end
  redis.call('RPUSH', T .. ' images', cmsgpack.pack(carry(T, id, redis.call('HGET', T .. ' t:' .. id, 'r'), false)))
  redis.call('SADD', T .. ' imaged', id)
end

-- Notes that a task has taken an effect after it was saved. backup: the one that is being made, or false.
local function note_after(T, backup, id, effect_id)
  if backup and redis.call('SISMEMBER', T .. ' imaged', id) == 1 then redis.call('SADD', T .. ' after', effect_id) end
end
