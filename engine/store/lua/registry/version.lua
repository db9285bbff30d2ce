-- version: how often something was deployed, buckets have moved, and `seal` was said. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: VersionReply (engine/store/wire.py)

local function version(keys)
  local T = tag_of(keys)
  local state = redis.call('HMGET', T .. ' meta', 'version', 'moves', 'seals')
  return {[VERSION_REPLY.version] = tonumber(state[1]) or 0, [VERSION_REPLY.moves] = tonumber(state[2]) or 0,
    [VERSION_REPLY.seals] = tonumber(state[3]) or 0}
end

register('version', version, {'no-writes'})
