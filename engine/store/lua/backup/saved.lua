-- saved: frozen buckets were saved.
-- ARGV: mover, [bucket, ...]
-- Reply: 1

local function saved(T, argv)
  local set, letters, old = numbers_of(argv[2]), {}, redis.call('GET', T .. ' saved')
  for number = 1, BUCKETS do letters[number] = set[number] and '1' or string.sub(old, number, number) end
  redis.call('SET', T .. ' saved', table.concat(letters))
  return 1
end

register_for_mover('saved', saved, {'allow-oom'})
