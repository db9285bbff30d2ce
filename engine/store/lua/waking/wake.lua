-- wake: a cancel or retry: makes a task ready with an event, from any place.
-- ARGV: ref or id, event, '1' when an ended task may start again
-- Reply: 'ok', 'noted' (it is running: ready with the event at its commit), 'not_found', 'final', 'ref_taken'
-- Guarantees: an outside call under way loses its lease at once, so its commit is lost. A task that was set aside
-- starts with all its attempts. An ended task leaves its archive; its ref must not belong to a living task.
-- If the caller dies: done or not done; twice is the same as once, unless the task ran in between.

local function wake(keys, argv)
  local T = tag_of(keys)
  local event = argv[2]
  if state_of(buckets_of(T), argv[1]) ~= 'o' then return elsewhere(argv[1]) end
  local now = clock(T)
  local id = resolve(T, argv[1])
  local task = id and look(T, id)
  if not task then return 'not_found' end
  local key = T .. ' t:' .. id
  if task.p == 'leased' then
    if task.w ~= 'd' then redis.call('HSET', key, 'w', 'e' .. event) end
    redis.call('SADD', T .. ' noted', id)
    return 'noted'
  end
  if task.p == 'final' then
    if argv[3] ~= '1' then return 'final' end
    local ref = task.r or id
    if is_ref_taken(T, ref, id) then return 'ref_taken' end
    if task.r then redis.call('SET', T .. ' r:' .. ref, id) end
  end
  answer_taker(T, now, id, task)
  make_ready(T, now, id, task, event, false)
  redis.call('HDEL', key, 'a', 'y')
  return 'ok'
end

register('wake', wake, {'allow-oom'})
