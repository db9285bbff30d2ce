-- renew: prolongs leases.
-- ARGV: lease ms, token, ...
-- Reply: per token 1, or 0 when that lease is over
-- If the caller dies: its leases run out.

local function renew(keys, argv)
  local T = tag_of(keys)
  local deadline = real_ms() + tonumber(argv[1])
  local reply = {}
  for i = 2, #argv do
    local alive = redis.call('ZSCORE', T .. ' leases', argv[i])
    if alive then redis.call('ZADD', T .. ' leases', deadline, argv[i]) end
    reply[i - 1] = alive and 1 or 0
  end
  return reply
end

register('renew', renew, {'allow-oom'})
