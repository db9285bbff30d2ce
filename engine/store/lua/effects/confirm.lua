-- confirm: deletes outbox entries whose effect the target has answered, and releases the tasks that waited for that.
-- ARGV: message of [ConfirmHead, ...] (engine/store/wire.py); then per entry the event
-- Reply: per entry 1, or 0 when it was confirmed before, or is being moved with its task: then it is delivered again
--        there
-- Guarantees: a task is released only by the entry it waits for ('sending', same visit); then it is ready with the
-- event, or, with wait, 'waiting'. A task that a reply or a timer has moved already is left alone. Twice is the same as
-- once.
-- If the caller dies: the entry stays; the sweep of the outbox delivers and confirms it again.

local function confirm(keys, argv)
  local T = tag_of(keys)
  local heads = cmsgpack.unpack(argv[1])
  local now = clock(T)
  if #argv ~= 1 + #heads then return redis.error_reply('ERR confirm: wrong number of arguments') end
  for _, head in ipairs(heads) do
    if not string.find(head[CONFIRM_HEAD.out_id], '^%d+%-%d+$') then
      return redis.error_reply('ERR confirm: not an outbox id')
    end
  end
  local replies, buckets = {}, buckets_of(T)
  local backup = redis.call('HGET', T .. ' meta', 'keep')
  for i, head in ipairs(heads) do
    local out_id, id = head[CONFIRM_HEAD.out_id], head[CONFIRM_HEAD.task_id]
    local visit, wait = head[CONFIRM_HEAD.visit], head[CONFIRM_HEAD.wait]
    local entry = backup and redis.call('XRANGE', T .. ' out', out_id, out_id)[1]
    replies[i] = state_of(buckets, id) == 'o' and redis.call('XDEL', T .. ' out', out_id) or 0
    if entry and replies[i] == 1 and not is_marked(entry[2], backup) then
      redis.call('RPUSH', T .. ' kept', cmsgpack.pack(entry))
    end
    local task = replies[i] == 1 and look(T, id)
    if task and task.p == 'sending' and task.o == out_id and tonumber(task.v or 1) == visit then
      if wait then
        redis.call('HSET', T .. ' t:' .. id, 'p', 'waiting', 'x', now)
        redis.call('HDEL', T .. ' t:' .. id, 'o')
        redis.call('ZADD', T .. ' at:' .. task.n, now, id)
      else
        make_ready(T, now, id, task, argv[1 + i], false)
      end
    end
  end
  return replies
end

register('confirm', confirm, {'allow-oom'})
