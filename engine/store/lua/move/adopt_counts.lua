-- adopt_counts: totals of a partition that is given up, or of a backup: once, until `retired` says that they are there
-- no longer.
-- ARGV: mover, where from, field, number, ...
-- Reply: 1, or 0 when they were adopted before

local function adopt_counts(T, argv)
  if redis.call('HSETNX', T .. ' meta', 'counts of ' .. argv[2], 1) == 0 then return 0 end
  for n = 3, #argv, 2 do
    local total = string.match(argv[n], '^sum (.*)$')
    if argv[n] == 'signals' or argv[n] == 'unused' then redis.call('HINCRBY', T .. ' meta', argv[n], argv[n + 1])
    elseif total then redis.call('HINCRBYFLOAT', T .. ' sums', total, argv[n + 1])
    else shift_total(T, argv[n], argv[n + 1]) end
  end
  return 1
end

register_for_mover('adopt_counts', adopt_counts, {'allow-oom'})
