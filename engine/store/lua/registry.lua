-- deploy: makes a new catalogue of convs, variables and database instances current.
-- KEYS[1] = '{ns:reg} gate'. ARGV: expected version, a stamp of this deploy, message of [[conv id, ...] to delete, number
--       of records]; then conv id, record, ...; then the variables, then the instances ('' = as before)
-- Reply: the new version, or -1 when the version is not the expected one
-- Guarantees: all or nothing, and only on top of the version that the caller has seen.
-- If the caller dies: deployed or not; a resend of a deploy that succeeded answers with its version.
-- Refused when memory is full.
--
-- catalogue: [version, [conv id, record, ...], variables, moves, [conv id, owners, ...], instances], of one moment.
-- version: [version, moves].
--
-- own: says which partition has which bucket of a conv. ARGV: conv id, what the caller has seen ('' = nothing), the new one.
-- Reply: the number of moves, or -1 when it is not what the caller has seen. Sent twice: -1, or as before; look again.
-- lead: ARGV: conv id, name, ms: whether this name alone may repartition the conv for so long; '' gives it back.

local function deploy(keys, argv)
  local T = tag_of(keys)
  local expected, stamp = tonumber(argv[1]), argv[2]
  local message = cmsgpack.unpack(argv[3])
  local state = redis.call('HMGET', T .. ' meta', 'version', 'stamp')
  local version = tonumber(state[1]) or 0
  if version == expected + 1 and state[2] == stamp then return version end
  if version ~= expected then return -1 end
  local gone, count = message[1], message[2]
  if #argv ~= 5 + 2 * count then return redis.error_reply('ERR deploy: wrong number of arguments') end
  for _, conv in ipairs(gone) do
    redis.call('HDEL', T .. ' convs', conv)
    redis.call('HDEL', T .. ' owners', conv)
  end
  for i = 1, count do redis.call('HSET', T .. ' convs', argv[3 + 2 * i - 1], argv[3 + 2 * i]) end
  if argv[#argv - 1] ~= '' then redis.call('SET', T .. ' variables', argv[#argv - 1]) end
  if argv[#argv] ~= '' then redis.call('SET', T .. ' instances', argv[#argv]) end
  redis.call('HSET', T .. ' meta', 'version', version + 1, 'stamp', stamp)
  if version == 0 then redis.call('HSET', T .. ' meta', 'fences', '1') end   -- no older worker has been here (beat.lua)
  return version + 1
end

local function catalogue(keys, argv)
  local T = tag_of(keys)
  local version = redis.call('HGET', T .. ' meta', 'version')
  local moves = redis.call('HGET', T .. ' meta', 'moves')
  return {version or '0', redis.call('HGETALL', T .. ' convs'), redis.call('GET', T .. ' variables'), moves or '0',
    redis.call('HGETALL', T .. ' owners'), redis.call('GET', T .. ' instances')}
end

local function own(keys, argv)
  local T = tag_of(keys)
  local seen = redis.call('HGET', T .. ' owners', argv[1]) or ''
  if seen == argv[3] then return tonumber(redis.call('HGET', T .. ' meta', 'moves')) end
  if seen ~= argv[2] then return -1 end
  redis.call('HSET', T .. ' owners', argv[1], argv[3])
  return redis.call('HINCRBY', T .. ' meta', 'moves', 1)
end

local function lead(keys, argv)
  local T = tag_of(keys)
  local key = T .. ' mover:' .. argv[1]
  local holder = redis.call('GET', key)
  if holder and holder ~= argv[2] then return 0 end
  if argv[3] == '' then redis.call('DEL', key) else redis.call('SET', key, argv[2], 'PX', argv[3]) end
  return 1
end

local function version(keys)
  local T = tag_of(keys)
  local state = redis.call('HMGET', T .. ' meta', 'version', 'moves')
  return {tonumber(state[1]) or 0, tonumber(state[2]) or 0}
end

-- restoring: ARGV: '1', '' or nothing: whether a restore is under way, or only to ask. Reply: whether one was.
local function restoring(keys, argv)
  local T = tag_of(keys)
  local was = redis.call('EXISTS', T .. ' restoring')
  if argv[1] == '1' then redis.call('SET', T .. ' restoring', '1')
  elseif argv[1] == '' then redis.call('DEL', T .. ' restoring') end
  return was
end

register('restoring', restoring, {})
register('own', own, {})
register('lead', lead, {'allow-oom'})
register('version', version, {'no-writes'})
register('deploy', deploy, {})
register('catalogue', catalogue, {'no-writes'})
