-- newest: the number of the newest version of each conv. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: conv ids
-- Reply: per conv the number, or 0 when it has none

local function newest(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for i, conv in ipairs(argv) do
    reply[i] = 0
    for _, number in ipairs(redis.call('HKEYS', T .. ' versions:' .. conv)) do
      reply[i] = math.max(reply[i], tonumber(number))
    end
  end
  return reply
end

register('newest', newest, {'no-writes'})
