-- held_effects: bodies of effects that were set aside. Writes nothing.
-- ARGV: out id, ...
-- Reply: per effect that there is [out id, sender's id, body]

local function held_effects(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for _, out_id in ipairs(argv) do
    local values = redis.call('HMGET', T .. ' late:' .. out_id, 't', 'b')
    if values[1] and values[2] then reply[#reply + 1] = {out_id, values[1], values[2]} end
  end
  return reply
end

register('held_effects', held_effects, {'no-writes'})
