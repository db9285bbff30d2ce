-- purge_effects: what is left of effects whose bucket is elsewhere is forgotten here.
-- ARGV: mover
-- Reply: 1

local function purge_effects(T, argv)
  local buckets = buckets_of(T)
  for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+')) do
    for n = 1, #entry[2], 2 do
      if entry[2][n] == 't' and state_of(buckets, entry[2][n + 1]) == '-' then
        redis.call('XDEL', T .. ' out', entry[1])
      end
    end
  end
  for _, member in ipairs(redis.call('ZRANGE', T .. ' aside', 0, -1)) do
    if string.sub(member, 1, 5) == 'late:' then
      local key = T .. ' late:' .. string.sub(member, 6)
      local id = redis.call('HGET', key, 't')
      if id and state_of(buckets, id) == '-' then
        redis.call('DEL', key)
        redis.call('ZREM', T .. ' aside', member)
      end
    end
  end
  return 1
end

register_for_mover('purge_effects', purge_effects, {'allow-oom'})
