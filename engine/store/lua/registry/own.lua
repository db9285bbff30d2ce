-- own: says which partition has which bucket of a conv.
-- KEYS[1] = '{ns:reg} gate'. ARGV: conv id, what the caller has seen ('' = nothing), the new one
-- Reply: the number of moves, or -1 when it is not what the caller has seen
-- If the caller dies: done or not done. Twice: -1, or as before; look again.

local function own(keys, argv)
  local T = tag_of(keys)
  local seen = redis.call('HGET', T .. ' owners', argv[1]) or ''
  if seen == argv[3] then return tonumber(redis.call('HGET', T .. ' meta', 'moves')) end
  if seen ~= argv[2] then return -1 end
  redis.call('HSET', T .. ' owners', argv[1], argv[3])
  return redis.call('HINCRBY', T .. ' meta', 'moves', 1)
end

register('own', own, {})
