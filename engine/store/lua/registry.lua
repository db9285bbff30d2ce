-- deploy: makes a new catalogue of convs and variables current.
-- KEYS[1] = '{ns:reg} gate'. ARGV: expected version, a stamp of this deploy, message of [[conv id, ...] to delete, number
--       of records]; then conv id, record, ...; then the variables ('' = as before)
-- Reply: the new version, or -1 when the version is not the expected one
-- Guarantees: all or nothing, and only on top of the version that the caller has seen.
-- If the caller dies: deployed or not; a resend of a deploy that succeeded answers with its version.
-- Refused when memory is full.
--
-- catalogue: [version, [conv id, record, ...], variables], of one moment. version: the number alone.

local function deploy(keys, argv)
  local T = tag_of(keys)
  local expected, stamp = tonumber(argv[1]), argv[2]
  local message = cmsgpack.unpack(argv[3])
  local state = redis.call('HMGET', T .. ' meta', 'version', 'stamp')
  local version = tonumber(state[1]) or 0
  if version == expected + 1 and state[2] == stamp then return version end
  if version ~= expected then return -1 end
  local gone, count = message[1], message[2]
  if #argv ~= 4 + 2 * count then return redis.error_reply('ERR deploy: wrong number of arguments') end
  for _, conv in ipairs(gone) do redis.call('HDEL', T .. ' convs', conv) end
  for i = 1, count do redis.call('HSET', T .. ' convs', argv[3 + 2 * i - 1], argv[3 + 2 * i]) end
  if argv[#argv] ~= '' then redis.call('SET', T .. ' variables', argv[#argv]) end
  redis.call('HSET', T .. ' meta', 'version', version + 1, 'stamp', stamp)
  return version + 1
end

local function catalogue(keys, argv)
  local T = tag_of(keys)
  local version = redis.call('HGET', T .. ' meta', 'version')
  return {version or '0', redis.call('HGETALL', T .. ' convs'), redis.call('GET', T .. ' variables')}
end

local function version(keys)
  local T = tag_of(keys)
  return tonumber(redis.call('HGET', T .. ' meta', 'version')) or 0
end

register('version', version, {'no-writes'})
register('deploy', deploy, {})
register('catalogue', catalogue, {'no-writes'})
