-- modify: what a client sends to a living task: mail, as an effect's modify is, but with the answer at once.
-- ARGV: ref or id, mail, ModifyHead (engine/store/wire.py)
-- Reply: Modified
--   'ok': it stood at a callback node and takes it at once; 'kept': it lies in its mail until the next one
--   'not_found' (or it has ended), 'inactive' (paused), 'never': it cannot come to a callback node any more
--   where it must stand: 'busy' (with an earlier event), 'no_callback', 'other_node'
--   where it must be as it was seen: 'moved'
--   'new': it was not accepted before
--   'other_call': the effect id was used with another digest within a day
-- Guarantees: looked at and kept in one step. An accepted call takes effect once per effect id; repeated within a day
-- it gets its first answer (without a digest: only as long as its caller may send it again). A refused one leaves
-- nothing behind, and may be sent again.
-- If the caller dies: done or not done. Refused when memory is full.

local function modified(status, id, node, place)
  return {[MODIFIED.status] = status, [MODIFIED.task_id] = id, [MODIFIED.node] = node, [MODIFIED.place] = place}
end

local function modify(keys, argv)
  local T = tag_of(keys)
  local name, mail, head = argv[1], argv[2], cmsgpack.unpack(argv[3])
  local effect_id, digest = head[MODIFY_HEAD.effect_id], head[MODIFY_HEAD.digest]
  local must_stand, wanted = head[MODIFY_HEAD.must_stand], head[MODIFY_HEAD.node]
  if state_of(buckets_of(T), name) ~= 'o' then return elsewhere(name) end
  local known = recall(T, {effect_id})[1]
  if known and digest ~= '' then
    local words = {}
    for word in string.gmatch(known, '[^\n]+') do words[#words + 1] = word end
    if words[1] ~= '=' .. digest then return modified('other_call', '', '', '') end
    return words[2] and {unpack(words, 2)} or modified('ok', '', '', '')   -- a submit has no more to say
  end
  if head[MODIFY_HEAD.only_recall] then return modified('new', '', '', '') end
  local now, paused = clock(T)
  if paused and not known then return modified('inactive', '', '', '') end
  local id = resolve(T, name)
  local task = id and look(T, id)
  if known then return modified('ok', id or '', task and task.n or '', task and task.p or '') end
  local function answer(word) return modified(word, id, task.n, task.p) end
  if task and must_stand and wanted ~= '' and (task.p == 'final' or task.k) and task.n ~= wanted then
    return answer('other_node')
  end
  if not task or task.p == 'final' then return modified('not_found', '', '', '') end
  local seen = head[MODIFY_HEAD.seen]
  if seen and not is_as_seen(task, seen[ACT_ITEM.node], seen[ACT_ITEM.visit], seen[ACT_ITEM.change_ms]) then
    return answer('moved')
  end
  local stands = task.k and (task.p == 'parked' or task.p == 'waiting')
  if must_stand then
    if not stands then
      return answer(task.k and (task.p == 'ready' or task.p == 'leased') and 'busy' or 'no_callback')
    end
  elseif not stands then
    for _, node in ipairs(head[MODIFY_HEAD.deaf]) do
      if node == task.n then return answer('never') end
    end
  end
  local backup = redis.call('HGET', T .. ' meta', 'keep')
  redis.call('RPUSH', T .. ' mail:' .. id, mail)
  if stands then make_ready(T, now, id, task, '', false) end
  note_after(T, backup, id, effect_id)
  local reply, new = answer(stands and 'ok' or 'kept'), {}
  -- Without a key only the client's own resend repeats it. While buckets move, the score says when it was applied.
  local brief = digest == '' and redis.call('HEXISTS', T .. ' meta', 'mover') == 0
  local since = brief and now - SEEN_MS + head[MODIFY_HEAD.settled_ms] or now
  local words = digest ~= '' and '=' .. digest .. '\n' .. table.concat(reply, '\n')
  remember(T, new, since, effect_id, name, 'ok', words)
  redis.call('ZADD', T .. ' seen', unpack(new))
  return reply
end

register('modify', modify, {})
