-- retire: what a partition without tasks keeps is forgotten, but that it has no bucket.
-- ARGV: mover
-- Reply: 1

local function retire(T, argv)
  for _, field in ipairs(redis.call('HKEYS', T .. ' cnt')) do
    redis.call('DEL', T .. ' q:' .. string.sub(field, 1, -3))
  end
  redis.call('DEL', T .. ' cnt', T .. ' was', T .. ' errors', T .. ' minutes', T .. ' hours', T .. ' sums',
    T .. ' seen', T .. ' answers', T .. ' rates',
    T .. ' sized', T .. ' out', T .. ' archs', T .. ' meta',
    T .. ' born',
    T .. ' put', T .. ' q:run', T .. ' q:alone')
  return 1
end

register_for_mover('retire', retire, {'allow-oom'})
