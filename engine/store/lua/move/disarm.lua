-- disarm: the mover is done with a partition.
-- ARGV: mover, '1' when the conv was never repartitioned: then it need not know its buckets
-- Reply: 1

local function disarm(T, argv)
  redis.call('HDEL', T .. ' meta', 'mover')
  redis.call('DEL', T .. ' born', T .. ' put')
  if argv[2] == '1' then redis.call('DEL', T .. ' buckets') end
  return 1
end

register_for_mover('disarm', disarm, {'allow-oom'})
