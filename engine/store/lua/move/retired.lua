-- retired: totals from there may be adopted again.
-- ARGV: mover, which partition was given up
-- Reply: 1 when they had been adopted

local function retired(T, argv)
  redis.call('HDEL', T .. ' meta', 'minutes of ' .. argv[2], 'hours of ' .. argv[2])
  return redis.call('HDEL', T .. ' meta', 'counts of ' .. argv[2])
end

register_for_mover('retired', retired, {'allow-oom'})
