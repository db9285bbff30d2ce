-- adopt_seen: effects that were applied where their bucket was, so that they are not applied again.
-- ARGV: mover; then per effect: score, effect id, words or ''
-- Reply: 1. Refused when memory is full.

local function adopt_seen(T, argv)
  for n = 2, #argv, 3 do
    redis.call('ZADD', T .. ' seen', argv[n], argv[n + 1])
    if argv[n + 2] ~= '' then redis.call('HSET', T .. ' answers', argv[n + 1], argv[n + 2]) end
  end
  return 1
end

register_for_mover('adopt_seen', adopt_seen, {})
