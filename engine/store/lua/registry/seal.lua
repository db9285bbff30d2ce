-- seal: says which key seals secrets at rest, and which others still open some (engine/vault/state.py).
-- KEYS[1] = '{ns:reg} gate'. ARGV: what the caller has seen ('' = nothing), the new one, the id of a key that every
--       worker must have ('' = none), for how many ms no worker may have been seen that can read nothing sealed
-- Reply: 1, 0 when it is not what the caller has seen, or -1 when a worker does not have the key, or was here lately
--        that can read nothing sealed
-- Workers are told by a hint. What is sealed, and the keys, are never seen here.
-- If the caller dies: said or not said. Twice: 1.

local ALIVE_MS = 60000

local function seal(keys, argv)
  local T = tag_of(keys)
  local state = redis.call('HGET', T .. ' meta', 'seal') or ''
  if state == argv[2] then return 1 end
  if state ~= argv[1] then return 0 end
  local now = real_ms()
  if argv[3] ~= '' then
    for _, name in ipairs(redis.call('ZRANGE', T .. ' beats', now - ALIVE_MS, '+inf', 'BYSCORE')) do
      local said = redis.call('HGET', T .. ' workers', name)
      if said and not string.find(said, '"' .. argv[3] .. '"', 1, true) then return -1 end
    end
  end
  local since = redis.call('HMGET', T .. ' meta', 'version', 'opens')
  if since[1] and now - (tonumber(since[2]) or now) < tonumber(argv[4]) then return -1 end
  redis.call('HSET', T .. ' meta', 'seal', argv[2])
  redis.call('HINCRBY', T .. ' meta', 'seals', 1)
  publish_deployed(T)
  return 1
end

register('seal', seal, {'allow-oom'})
