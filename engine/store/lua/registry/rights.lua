-- rights: the API's keys and their groups. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: the version that the caller has, or ''
-- Reply: RightsReply (engine/store/wire.py), of one moment; without keys and groups when the version is that one

local function rights(keys, argv)
  local T = tag_of(keys)
  local state = redis.call('HMGET', T .. ' rights', 'version', 'login')
  local version = state[1] or '0'
  local is_known = version == argv[1]
  return {
    [RIGHTS_REPLY.version] = version, [RIGHTS_REPLY.login] = state[2] or '0', [RIGHTS_REPLY.now_ms] = real_ms(),
    [RIGHTS_REPLY.keys] = is_known and {} or redis.call('HGETALL', T .. ' keys'),
    [RIGHTS_REPLY.groups] = is_known and {} or redis.call('HGETALL', T .. ' groups')}
end

register('rights', rights, {'no-writes'})
