-- export_seen: effects that were applied here. Writes nothing.
-- ARGV: since ms, offset, count
-- Reply: SeenRows, all in one list (engine/store/wire.py)

local function export_seen(keys, argv)
  local T = tag_of(keys)
  local since = seen_score(tonumber(argv[1]), nil, 0)
  local seen = redis.call('ZRANGE', T .. ' seen', since, '+inf', 'BYSCORE', 'LIMIT', argv[2], argv[3], 'WITHSCORES')
  local reply = {}
  for n = 1, #seen, 2 do
    local words = tonumber(seen[n + 1]) % SEEN_ANSWERS == IN_WORDS and redis.call('HGET', T .. ' answers', seen[n])
    local before = #reply
    reply[before + SEEN_ROW.effect_id] = seen[n]
    reply[before + SEEN_ROW.score] = seen[n + 1]
    reply[before + SEEN_ROW.words] = words or ''
  end
  return reply
end

register('export_seen', export_seen, {'no-writes'})
