-- adopt_effect: an effect to be sent on from here: at once, or, of the outbox, when its bucket is here.
-- ARGV: mover, 'out' or 'late', out id, number of fields, field, value, ...
-- Reply: 1. Refused when memory is full.

local function adopt_effect(T, argv)
  local fields, id = {}, ''
  for n = 5, #argv do fields[n - 4] = argv[n] end
  for n = 1, #fields, 2 do
    if fields[n] == 't' then id = fields[n + 1] end
  end
  if argv[2] == 'late' then
    redis.call('HSET', T .. ' late:' .. argv[3], unpack(fields))
    redis.call('ZADD', T .. ' aside', whole(clock(T)), 'late:' .. argv[3])
  else
    redis.call('HSET', T .. ' carried:' .. bucket_of(id), 'out ' .. argv[3], cmsgpack.pack(fields))
  end
  return 1
end

register_for_mover('adopt_effect', adopt_effect, {})
