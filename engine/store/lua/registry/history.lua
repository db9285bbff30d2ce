-- history: the versions of a conv that are kept. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: conv id
-- Reply: per version a HistoryRow, all in one list (engine/store/wire.py), in no order

local function history(keys, argv)
  local T = tag_of(keys)
  local kept = redis.call('HGETALL', T .. ' versions:' .. argv[1])
  local reply = {}
  for i = 1, #kept, 2 do
    local before = #reply
    local blank = string.find(kept[i + 1], ' ', 1, true) or 0
    reply[before + HISTORY_ROW.number] = kept[i]
    reply[before + HISTORY_ROW.time_ms] = string.sub(kept[i + 1], 1, blank - 1)
    reply[before + HISTORY_ROW.head] = string.sub(kept[i + 1], blank + 1)
  end
  return reply
end

register('history', history, {'no-writes'})
