-- unsettled: what may hold values that `reseal` does not reach: effects in the outbox, and what a repartition or backup
-- carries, until it is done. Writes nothing.
-- ARGV: real ms; 0: count no effects
-- Reply: [the server's real time in ms, how many effects were sent before then (1 000 at most), 1 while tasks are being
--         moved or saved, else 0]

local function unsettled(keys, argv)
  local T = tag_of(keys)
  local sent = 0
  if argv[1] ~= '0' then sent = #redis.call('XRANGE', T .. ' out', '-', argv[1], 'COUNT', 1000) end
  local moving = redis.call('HEXISTS', T .. ' meta', 'mover') + redis.call('HEXISTS', T .. ' meta', 'keep')
  return {real_ms(), sent, moving > 0 and 1 or 0}
end

register('unsettled', unsettled, {'no-writes'})
