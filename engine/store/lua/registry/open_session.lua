-- open_session: a person has signed in.
-- KEYS[1] = '{ns:reg} gate'. ARGV: the session's hash, the login, what tells the key's secret from an older one, idle
--         ms, longest ms, the entry of the trail, the SHA-256 of that
-- Reply: 1
-- A login has at most SESSIONS at once; the oldest goes.
-- If the caller dies: it is open, and nobody knows its name. Twice is the same as once.

local SESSIONS = 100

local function open_session(keys, argv)
  local T = tag_of(keys)
  if #argv[7] ~= 32 then return redis.error_reply('ERR open_session: no SHA-256') end
  local hash, login, longest = argv[1], argv[2], tonumber(argv[5])
  local key, index_key, now = T .. ' session:' .. hash, T .. ' sessions:' .. login, real_ms()
  local old = redis.call('ZRANGE', index_key, '-inf', now, 'BYSCORE')
  local many = redis.call('ZCARD', index_key) - #old
  if many >= SESSIONS and not redis.call('ZSCORE', index_key, hash) then
    for _, one in ipairs(redis.call('ZRANGE', index_key, #old, #old + many - SESSIONS)) do old[#old + 1] = one end
  end
  for _, one in ipairs(old) do
    redis.call('DEL', T .. ' session:' .. one)
    redis.call('ZREM', index_key, one)
  end
  redis.call('HSET', key, 'login', login, 'mark', argv[3], 'made', whole(now), 'until', whole(now + longest))
  redis.call('PEXPIRE', key, math.min(tonumber(argv[4]), longest))
  redis.call('ZADD', index_key, now + longest, hash)
  redis.call('PEXPIRE', index_key, longest)
  if not is_noted(T, argv[6]) then note_trail(T, argv[6], argv[7]) end
  return 1
end

register('open_session', open_session, {'allow-oom'})
