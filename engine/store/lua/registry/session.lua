-- session: whose a session is; it lives on for another while, up to its end.
-- KEYS[1] = '{ns:reg} gate'. ARGV: the session's hash, idle ms
-- Reply: SessionReply (engine/store/wire.py), or an empty list: there is none
-- If the caller dies, or sends it twice: it lives on.

local function session(keys, argv)
  local T = tag_of(keys)
  local key = T .. ' session:' .. argv[1]
  local found = redis.call('HMGET', key, 'login', 'mark', 'made', 'until')
  if not found[1] then return {} end
  local left = tonumber(found[4]) - real_ms()
  if left <= 0 then return {} end
  redis.call('PEXPIRE', key, whole(math.min(tonumber(argv[2]), left)))
  return {[SESSION_REPLY.login] = found[1], [SESSION_REPLY.mark] = found[2], [SESSION_REPLY.made_ms] = found[3]}
end

register('session', session, {'allow-oom'})
