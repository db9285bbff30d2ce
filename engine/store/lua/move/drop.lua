-- drop: buckets that were expected do not come; what came of them is forgotten.
-- ARGV: mover, [bucket, ...]
-- Reply: how many of them

local function drop(T, argv)
  local set = numbers_of(argv[2])
  local changed = turn(T, set, 'i', '-')
  for number in pairs(set) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' incoming:' .. number)) do forget(T, id) end
    redis.call('DEL', T .. ' carried:' .. number)
  end
  return changed
end

register_for_mover('drop', drop, {'allow-oom'})
