-- act: cancels, retries or deletes many tasks, each only if it is as it was seen.
-- ARGV: ActMessage (engine/store/wire.py), event
-- Reply: per task what wake or discard answer; 'moved': it is not as it was seen; 'elsewhere': its bucket is in another
--        partition, or on its way
-- Guarantees: each task is done whole or not at all, and once: what was done has changed. A resend within a day, under
-- the same effect id and for the same tasks, gets the first answers.
-- If the caller dies: done or not done. Twice: the first answers.

local function act_on(T, now, message, item, event)
  local id = item[ACT_ITEM.task_id]
  local task = look(T, id)
  if not task then return 'not_found' end
  if not is_as_seen(task, item[ACT_ITEM.node], item[ACT_ITEM.visit], item[ACT_ITEM.change_ms]) then return 'moved' end
  if message[ACT_MESSAGE.discards] then return discard_task(T, now, id, task) end
  return wake_task(T, now, id, task, event, message[ACT_MESSAGE.has_ended])
end

local function act(keys, argv)
  local T = tag_of(keys)
  local message, event = cmsgpack.unpack(argv[1]), argv[2]
  local effect_id, digest = message[ACT_MESSAGE.effect_id], '=' .. message[ACT_MESSAGE.digest]
  local items, answers, words = message[ACT_MESSAGE.items], {}, {}
  if #items == 0 then return answers end
  for word in string.gmatch(recall(T, {effect_id})[1] or '', '%S+') do words[#words + 1] = word end
  if words[1] == digest and #words == #items + 1 then return {unpack(words, 2)} end
  local now, buckets = clock(T), buckets_of(T)
  for i, item in ipairs(items) do
    answers[i] = 'elsewhere'
    if state_of(buckets, item[ACT_ITEM.task_id]) == 'o' then answers[i] = act_on(T, now, message, item, event) end
  end
  local new = {}
  remember(T, new, now, effect_id, items[1][ACT_ITEM.task_id], 'ok', digest .. ' ' .. table.concat(answers, ' '))
  redis.call('ZADD', T .. ' seen', unpack(new))
  return answers
end

register('act', act, {'allow-oom'})
