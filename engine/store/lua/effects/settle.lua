-- settle: effects that their sender has confirmed need not be remembered for a day.
-- ARGV: for how many ms more, effect id, ...
-- Reply: 1, or 0 while tasks are being moved or saved: then nothing is done, and it is to be asked again
-- Guarantees: nothing is remembered longer than before, and an effect that is not known is left alone. Whoever may
-- still send one of them is refused by then (see deliver's fence).
-- If the caller dies: the effects are remembered for their day. Twice is the same as once.

local function settle(keys, argv)
  local T = tag_of(keys)
  -- What moves buckets and what saves them reads from the scores when each effect was applied.
  if redis.call('HEXISTS', T .. ' meta', 'mover') == 1 then return 0 end
  local scores = redis.call('ZMSCORE', T .. ' seen', unpack(argv, 2))
  local least = tonumber(seen_score(clock(T) - SEEN_MS + tonumber(argv[1]), nil, 0))
  local settled = {}
  for i, score in ipairs(scores) do
    if score then
      settled[#settled + 1] = whole(least + tonumber(score) % SEEN_STEP)
      settled[#settled + 1] = argv[i + 1]
    end
  end
  if #settled > 0 then redis.call('ZADD', T .. ' seen', 'XX', 'LT', unpack(settled)) end
  return 1
end

register('settle', settle, {'allow-oom'})
