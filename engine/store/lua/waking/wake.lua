-- wake: a cancel or retry: makes a task ready with an event, from any place.
-- ARGV: ref or id, event, '1' when an ended task may start again; with new data also: these, and the node, visit and
--       change in ms that it was seen with
-- Reply: 'ok', 'noted' (it is running: ready with the event at its commit), 'not_found', 'final', 'ref_taken'; with
--        data also 'moved' (it is not as it was seen), 'busy' (it is running)
-- Guarantees: an outside call under way loses its lease at once, so its commit is lost. A task that was set aside
-- starts with all its attempts. An ended task leaves its archive; its ref must not belong to a living task. New data
-- are written in the same step, or not at all.
-- If the caller dies: done or not done; twice is the same as once, unless the task ran in between; with data 'moved'.

local function wake(keys, argv)
  local T = tag_of(keys)
  if state_of(buckets_of(T), argv[1]) ~= 'o' then return elsewhere(argv[1]) end
  local now = clock(T)
  local id = resolve(T, argv[1])
  local task = id and look(T, id)
  if not task then return 'not_found' end
  if argv[4] then
    if not is_as_seen(task, argv[5], tonumber(argv[6]), tonumber(argv[7])) then return 'moved' end
    if task.p == 'leased' then return 'busy' end
  end
  local answer = wake_task(T, now, id, task, argv[2], argv[3] == '1')
  if argv[4] and answer == 'ok' then redis.call('HSET', T .. ' t:' .. id, 'd', argv[4]) end
  return answer
end

register('wake', wake, {'allow-oom'})
