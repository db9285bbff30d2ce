-- export_seen: effects that were applied here. Writes nothing.
-- ARGV: since ms, offset, count
-- Reply: [effect id, score, its answer in words or '', ...]

local function export_seen(keys, argv)
  local T = tag_of(keys)
  local since = seen_score(tonumber(argv[1]), nil, 0)
  local seen = redis.call('ZRANGE', T .. ' seen', since, '+inf', 'BYSCORE', 'LIMIT', argv[2], argv[3], 'WITHSCORES')
  local reply = {}
  for n = 1, #seen, 2 do
    local words = tonumber(seen[n + 1]) % 8 == IN_WORDS and redis.call('HGET', T .. ' answers', seen[n])
    reply[#reply + 1] = seen[n]
    reply[#reply + 1] = seen[n + 1]
    reply[#reply + 1] = words or ''
  end
  return reply
end

register('export_seen', export_seen, {'no-writes'})
