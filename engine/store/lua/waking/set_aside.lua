-- set_aside: sets tasks of a lease aside that their worker cannot read, each with the reason.
-- ARGV: token, message of [AsideHead, ...] (engine/store/wire.py)
-- Reply: per task 'ok', or 'lost': it is not in that lease
-- Guarantees: only the lease fences; the rest of it stays lent. Nothing but the place changes: data, meta, event,
-- request and mail are left for a person to mend. A noted delete removes the task, a noted cancel or retry makes it
-- ready with that event. A call whose bucket is on its way to another partition, or there, is refused with ELSEWHERE.
-- If the caller dies: each task is set aside or not, and then its lease runs out. Twice: 'lost'.

local function set_aside(keys, argv)
  local T = tag_of(keys)
  local token, tasks = argv[1], cmsgpack.unpack(argv[2])
  local now, buckets = clock(T), buckets_of(T)
  local replies = {}
  if #tasks == 0 then return replies end
  local ids = {}
  for i, item in ipairs(tasks) do ids[i] = item[ASIDE_HEAD.task_id] end
  local held = redis.call('SMISMEMBER', T .. ' lease:' .. token, unpack(ids))
  if state_of(buckets, ids[1]) ~= 'o'
    and (held[1] == 0 or redis.call('HGET', T .. ' t:' .. ids[1], 'p') == 'calling') then
    return elsewhere(ids[1])
  end
  for i, id in ipairs(ids) do
    local task = held[i] == 1 and look(T, id)
    replies[i] = 'lost'
    if task and (task.p == 'leased' or task.p == 'calling') then
      replies[i] = 'ok'
      drop_lease(T, token, id)
      if task.p == 'calling' then redis.call('ZREM', T .. ' at:' .. task.n, id) end
      task.p = 'leased'   -- every index has been left already
      redis.call('HDEL', T .. ' t:' .. id, 'f')
      if task.w == 'd' then
        remove(T, now, id, task)
      elseif task.w then
        redis.call('HDEL', T .. ' t:' .. id, 'w')
        redis.call('SREM', T .. ' noted', id)
        answer_taker(T, now, id, task)
        make_ready(T, now, id, task, string.sub(task.w, 2), false)
      else
        put_aside(T, now, id, task, tasks[i][ASIDE_HEAD.reason])
      end
    end
  end
  return replies
end

register('set_aside', set_aside, {'allow-oom'})
