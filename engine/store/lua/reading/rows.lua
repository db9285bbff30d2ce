-- rows: tasks by their ids, as many of the first as have room. Writes nothing.
-- ARGV: RowsMessage (engine/store/wire.py)
-- Reply: RowsReply

-- Those of ROW_FIELDS that are short.
local SHORT_FIELDS = {}
for place = 2, TASK_ROW.width do
  SHORT_FIELDS[place] = (place == TASK_ROW.data or place == TASK_ROW.meta) and '-' or ROW_FIELDS[place]
end

local function rows(keys, argv)
  local T = tag_of(keys)
  local message = cmsgpack.unpack(argv[1])
  local room, short = message[ROWS_MESSAGE.size_bytes], message[ROWS_MESSAGE.short]
  local _, paused = clock(T)
  local found = {}
  for n, id in ipairs(message[ROWS_MESSAGE.ids]) do
    if short then
      local values = redis.call('HMGET', T .. ' t:' .. id, unpack(SHORT_FIELDS, 2, TASK_ROW.width))
      local row = {id, unpack(values, 1, TASK_ROW.width - 1)}
      found[n] = row[TASK_ROW.place] and row
    else
      room = room - redis.call('HSTRLEN', T .. ' t:' .. id, 'd') - redis.call('HSTRLEN', T .. ' t:' .. id, 'm')
      if room < 0 and n > 1 then break end
      found[n] = row_of(T, id)
    end
  end
  return {[ROWS_REPLY.paused] = paused and 1 or 0, [ROWS_REPLY.tasks] = found}
end

register('rows', rows, {'no-writes'})
