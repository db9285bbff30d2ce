-- export_periods: what was counted over time, for a partition that is given up, or a backup. Writes nothing.
-- ARGV: 'minutes' or 'hours', how many entries were read before, how many to read
-- Reply: [entry, ...], the oldest first; what is open is the last one, of its own

local function export_periods(keys, argv)
  local T = tag_of(keys)
  local by_hour, from, count = argv[1] == 'hours', tonumber(argv[2]), tonumber(argv[3])
  local key = T .. ' minutes'
  if by_hour then key = T .. ' hours' end
  local entries = redis.call('LRANGE', key, from, from + count - 1)
  local open = redis.call('HGET', T .. ' meta', 'minute')
  if open and from + #entries == redis.call('LLEN', key) and #entries < count then
    local counts, totals = grown_counts(T)
    local number = by_hour and math.floor(open / HOUR_MINUTES) or open
    if #totals > 0 then entries[#entries + 1] = write_entry(number, counts) end
  end
  return entries
end

register('export_periods', export_periods, {'no-writes'})
