-- reseal: puts values that say the same, sealed otherwise, in the place of those that the caller has seen.
-- ARGV: per value id, what ('d', 'm', 'e' or 'q' of the record, 'mail', or 'late': of an effect that was set aside),
--       old, new
-- Reply: per value 1, or 0: it has changed meanwhile, and stays
-- Guarantees: nothing but these bytes changes, so a task may be lent to a worker meanwhile, or be moved or saved.
-- If the caller dies: each done or not done. Twice: 0.

local function reseal(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for at = 1, #argv, 4 do
    local id, what, old, new = argv[at], argv[at + 1], argv[at + 2], argv[at + 3]
    local done = 0
    if what == 'mail' then
      local place = redis.call('LPOS', T .. ' mail:' .. id, old)
      if place then redis.call('LSET', T .. ' mail:' .. id, place, new); done = 1 end
    else
      local key, field = T .. ' t:' .. id, what
      if what == 'late' then key, field = T .. ' late:' .. id, 'b' end
      if redis.call('HGET', key, field) == old then redis.call('HSET', key, field, new); done = 1 end
    end
    reply[#reply + 1] = done
  end
  return reply
end

register('reseal', reseal, {'allow-oom'})
