-- A task as read and listing show it.

-- The field of the record that each place of a row shows; the first is the id.
local ROW_FIELDS = {
  [TASK_ROW.ref] = 'r', [TASK_ROW.node] = 'n', [TASK_ROW.place] = 'p', [TASK_ROW.visit] = 'v', [TASK_ROW.data] = 'd',
  [TASK_ROW.meta] = 'm', [TASK_ROW.lane] = 'l', [TASK_ROW.due_ms] = 'u', [TASK_ROW.attempts] = 'a',
  [TASK_ROW.create_ms] = 'c', [TASK_ROW.change_ms] = 'x', [TASK_ROW.note] = 'y', [TASK_ROW.noted] = 'w',
  [TASK_ROW.unused] = 'b', [TASK_ROW.waits_for] = 'g'}

-- Or false, when there is no such task.
local function row_of(T, id)
  local values = redis.call('HMGET', T .. ' t:' .. id, unpack(ROW_FIELDS, 2, TASK_ROW.width))
  local row = {id, unpack(values, 1, TASK_ROW.width - 1)}
  return row[TASK_ROW.place] and row
end
