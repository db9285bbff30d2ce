-- version: how often something was deployed, and how often buckets have moved. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: VersionReply (engine/store/wire.py)

local function version(keys)
  local T = tag_of(keys)
  local state = redis.call('HMGET', T .. ' meta', 'version', 'moves')
  return {[VERSION_REPLY.version] = tonumber(state[1]) or 0, [VERSION_REPLY.moves] = tonumber(state[2]) or 0}
end

register('version', version, {'no-writes'})
