-- export_counts: the totals of each node, how many signals were sent, and how many modifies were of no use: for a
-- partition that is given up, or a backup. Writes nothing.
-- Reply: [field, number, ...]

local function export_counts(keys)
  local T = tag_of(keys)
  local counts = redis.call('HGETALL', T .. ' cnt')
  for _, total in ipairs({'signals', 'unused'}) do
    counts[#counts + 1] = total
    counts[#counts + 1] = redis.call('HGET', T .. ' meta', total) or '0'
  end
  local sums = redis.call('HGETALL', T .. ' sums')
  for n = 1, #sums, 2 do
    counts[#counts + 1] = 'sum ' .. sums[n]
    counts[#counts + 1] = sums[n + 1]
  end
  return counts
end

register('export_counts', export_counts, {'no-writes'})
