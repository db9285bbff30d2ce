-- version_source: the source of a version. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: conv id, number
-- Reply: the source as it is kept, or nothing

local function version_source(keys, argv)
  local T = tag_of(keys)
  return redis.call('HGET', T .. ' sources:' .. argv[1], argv[2])
end

register('version_source', version_source, {'no-writes'})
