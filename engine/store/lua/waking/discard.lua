-- discard: deletes a task in any place.
-- ARGV: ref or id
-- Reply: 'ok', 'noted' (it is running: deleted at its commit), 'not_found'
-- Guarantees: record, index, pointer, timer and mail go together; waiting modifies are answered; it is counted as
-- removed.
-- If the caller dies: done or not done. Twice: 'not_found'.

local function discard(keys, argv)
  local T = tag_of(keys)
  local now = clock(T)
  if state_of(buckets_of(T), argv[1]) ~= 'o' then return elsewhere(argv[1]) end
  local id = resolve(T, argv[1])
  local task = id and look(T, id)
  if not task then return 'not_found' end
  return discard_task(T, now, id, task)
end

register('discard', discard, {'allow-oom'})
