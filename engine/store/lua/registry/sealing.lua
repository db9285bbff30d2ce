-- sealing: which key seals secrets at rest. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: what `seal` said last, or nothing

local function sealing(keys)
  local T = tag_of(keys)
  return redis.call('HGET', T .. ' meta', 'seal')
end

register('sealing', sealing, {'no-writes'})
