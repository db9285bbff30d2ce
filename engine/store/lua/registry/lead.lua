-- lead: whether this name alone may repartition the conv for so long.
-- KEYS[1] = '{ns:reg} gate'. ARGV: conv id, name, ms ('' gives it back)
-- Reply: 1, or 0 when another one may
-- If the caller dies: it may for so long. Twice is the same as once.

local function lead(keys, argv)
  local T = tag_of(keys)
  local key = T .. ' mover:' .. argv[1]
  local holder = redis.call('GET', key)
  if holder and holder ~= argv[2] then return 0 end
  if argv[3] == '' then redis.call('DEL', key) else redis.call('SET', key, argv[2], 'PX', argv[3]) end
  return 1
end

register('lead', lead, {'allow-oom'})
