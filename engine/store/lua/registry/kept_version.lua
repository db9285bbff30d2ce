-- kept_version: a version as it lies there. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: conv id, number
-- Reply: ['<time ms> <head>', the source], or nothing

local function kept_version(keys, argv)
  local T = tag_of(keys)
  local head = redis.call('HGET', T .. ' versions:' .. argv[1], argv[2])
  local source = redis.call('HGET', T .. ' sources:' .. argv[1], argv[2])
  if not head or not source then return false end
  return {head, source}
end

register('kept_version', kept_version, {'no-writes'})
