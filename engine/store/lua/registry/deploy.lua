-- deploy: makes a new catalogue of convs, variables and database instances current.
-- KEYS[1] = '{ns:reg} gate'. ARGV: expected version, a stamp of this deploy, DeployMessage (engine/store/wire.py); then
--       conv id, record, ...; then per version of a conv a VersionRow; then the variables, then the instances ('' = as
--       before)
-- Reply: the new version, or -1 when the version is not the expected one
-- Guarantees: all or nothing, and only on top of the version that the caller has seen. What goes takes its versions
-- along. It is noted in the trail in the same step.
-- Workers are told by a hint, before any task that comes after the answer.
-- If the caller dies: deployed or not; a resend of a deploy that succeeded answers with its version.
-- Refused when memory is full.

local function deploy(keys, argv)
  local T = tag_of(keys)
  local expected, stamp = tonumber(argv[1]), argv[2]
  local message = cmsgpack.unpack(argv[3])
  local state = redis.call('HMGET', T .. ' meta', 'version', 'stamp')
  local version = tonumber(state[1]) or 0
  if version == expected + 1 and state[2] == stamp then return version end
  if version ~= expected then return -1 end
  local gone, count = message[DEPLOY_MESSAGE.gone], message[DEPLOY_MESSAGE.records]
  local versions = message[DEPLOY_MESSAGE.versions]
  if #argv ~= 5 + 2 * count + versions * VERSION_ROW.width then
    return redis.error_reply('ERR deploy: wrong number of arguments')
  end
  for _, conv in ipairs(gone) do
    redis.call('HDEL', T .. ' convs', conv)
    redis.call('HDEL', T .. ' owners', conv)
    forget_versions(T, conv)
  end
  for i = 1, count do redis.call('HSET', T .. ' convs', argv[3 + 2 * i - 1], argv[3 + 2 * i]) end
  local now = real_ms()
  for i = 1, versions do
    local before = 3 + 2 * count + (i - 1) * VERSION_ROW.width
    keep_version(T, argv, before, now)
    trim_versions(T, argv[before + VERSION_ROW.conv_id])
  end
  if argv[#argv - 1] ~= '' then redis.call('SET', T .. ' variables', argv[#argv - 1]) end
  if argv[#argv] ~= '' then redis.call('SET', T .. ' instances', argv[#argv]) end
  redis.call('HSET', T .. ' meta', 'version', version + 1, 'stamp', stamp)
  -- No older worker has been here (registry/beat.lua).
  if version == 0 then redis.call('HSET', T .. ' meta', 'fences', '1', 'opens', '0') end
  local entry = message[DEPLOY_MESSAGE.entry]
  if entry ~= '' then note_trail(T, entry, sha256(entry)) end
  publish_deployed(T)
  return version + 1
end

register('deploy', deploy, {})
