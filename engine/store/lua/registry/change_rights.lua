-- change_rights: writes keys and groups, ends sessions, and notes it in the trail.
-- KEYS[1] = '{ns:reg} gate'. ARGV: RightsMessage (engine/store/wire.py); per key its record, per group its record ('' =
--         it goes); the entry of the trail, the SHA-256 of that
-- Reply: the new version, or -1 when the version is not the expected one
-- Guarantees: all or nothing, and only on top of the version that the caller has seen: so no login is given twice.
-- If the caller dies: changed or not; a resend of one that succeeded answers with its version.

local function change_rights(keys, argv)
  local T = tag_of(keys)
  local message = cmsgpack.unpack(argv[1])
  local state = redis.call('HMGET', T .. ' rights', 'version', 'stamp')
  local version, expected = tonumber(state[1]) or 0, message[RIGHTS_MESSAGE.expected]
  if version == expected + 1 and state[2] == message[RIGHTS_MESSAGE.stamp] then return version end
  if version ~= expected then return -1 end
  local at, named = 1, {keys = message[RIGHTS_MESSAGE.keys], groups = message[RIGHTS_MESSAGE.groups]}
  if #argv ~= 3 + #named.keys + #named.groups or #argv[#argv] ~= 32 then
    return redis.error_reply('ERR change_rights: wrong number of arguments')
  end
  for _, kind in ipairs({'keys', 'groups'}) do
    for _, name in ipairs(named[kind]) do
      at = at + 1
      if argv[at] == '' then redis.call('HDEL', T .. ' ' .. kind, name)
      else redis.call('HSET', T .. ' ' .. kind, name, argv[at]) end
    end
  end
  for _, login in ipairs(message[RIGHTS_MESSAGE.ended]) do
    local key = T .. ' sessions:' .. login
    for _, session in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('DEL', T .. ' session:' .. session) end
    redis.call('DEL', key)
  end
  redis.call('HSET', T .. ' rights', 'version', version + 1, 'stamp', message[RIGHTS_MESSAGE.stamp],
    'login', message[RIGHTS_MESSAGE.login])
  note_trail(T, argv[#argv - 1], argv[#argv])
  return version + 1
end

register('change_rights', change_rights, {'allow-oom'})
