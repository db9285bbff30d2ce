-- adopt_periods: what was counted over time in a partition that is given up, or in a backup, is added to what was here:
-- once, until `retired` says that it is there no longer.
-- ARGV: mover, where from, 'minutes' or 'hours', how many entries of there were given before, entry, ...
-- Reply: how many of there have been adopted

local function adopt_periods(T, argv)
  local by_hour, before = argv[3] == 'hours', tonumber(argv[4])
  local field = argv[3] .. ' of ' .. argv[2]
  local key = T .. ' minutes'
  if by_hour then key = T .. ' hours' end
  local known = tonumber(redis.call('HGET', T .. ' meta', field)) or 0
  for n = 5 + math.max(0, known - before), #argv do
    local counts = no_counts()
    add_entry_to(counts, argv[n])
    add_to_period(key, number_of(argv[n]), counts)
  end
  known = math.max(known, before + #argv - 4)
  redis.call('HSET', T .. ' meta', field, known)
  return known
end

register_for_mover('adopt_periods', adopt_periods, {'allow-oom'})
