-- end_session: a person has signed out.
-- KEYS[1] = '{ns:reg} gate'. ARGV: the session's hash
-- Reply: 1, or 0 when there was none
-- If the caller dies: ended or not. Twice: 0.

local function end_session(keys, argv)
  local T = tag_of(keys)
  local login = redis.call('HGET', T .. ' session:' .. argv[1], 'login')
  if not login then return 0 end
  redis.call('DEL', T .. ' session:' .. argv[1])
  redis.call('ZREM', T .. ' sessions:' .. login, argv[1])
  return 1
end

register('end_session', end_session, {'allow-oom'})
