-- leased: whether batches hold tasks of frozen buckets. Writes nothing.
-- ARGV: [bucket, ...]
-- Reply: how many tasks of theirs are in a batch that is not committed yet

local function leased(keys, argv)
  local T = tag_of(keys)
  local set, count = numbers_of(argv[1]), 0
  for _, token in ipairs(redis.call('ZRANGE', T .. ' leases', 0, -1)) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. token)) do
      if set[bucket_of(id)] and redis.call('HGET', T .. ' t:' .. id, 'p') == 'leased' then count = count + 1 end
    end
  end
  return count
end

register('leased', leased, {'no-writes'})
