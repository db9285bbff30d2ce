-- periods: what was counted in each of some minutes or hours, what is open included. Writes nothing.
-- ARGV: 'minutes' or 'hours', the first of their numbers, and the one that follows the last; 0 and less: counted back
--       from the one that it is now, and from the next
-- Reply: PeriodsReply (engine/store/wire.py)

local function range_of(key, since, before)
  local first, entries = place_of(key, since), {}
  -- One entry for a number at most.
  for _, entry in ipairs(redis.call('LRANGE', key, first, first + before - since - 1)) do
    if number_of(entry) >= before then break end
    entries[#entries + 1] = entry
  end
  return entries
end

local function periods(keys, argv)
  local T = tag_of(keys)
  local by_hour, since, before = argv[1] == 'hours', tonumber(argv[2]), tonumber(argv[3])
  local now, _, _, open = clock(T)
  local key, entries, current = T .. ' minutes', {}, minute_of(now)
  if by_hour then key, current = T .. ' hours', math.floor(current / HOUR_MINUTES) end
  if since <= 0 then since = current + since end
  if before <= 0 then before = current + 1 + before end
  if before > since then entries = range_of(key, since, before) end
  local number = open and (by_hour and math.floor(open / HOUR_MINUTES) or tonumber(open))
  if number and number >= since and number < before then
    local counts, totals = grown_counts(T)
    if #totals > 0 then entries[#entries + 1] = write_entry(number, counts) end
  end
  return {[PERIODS_REPLY.now_ms] = whole(now), [PERIODS_REPLY.entries] = entries}
end

register('periods', periods, {'no-writes'})
