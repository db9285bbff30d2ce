-- export_effects: effects of tasks that are yet to be sent, or were set aside. Writes nothing.
-- ARGV: [bucket, ...]
-- Reply: EffectsReply (engine/store/wire.py)

local function export_effects(keys, argv)
  local T = tag_of(keys)
  local set, sent, late = numbers_of(argv[1]), {}, {}
  local backup = redis.call('HGET', T .. ' meta', 'keep')
  for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+')) do
    local fields = entry[2]
    for n = 1, #fields, 2 do
      if fields[n] == 't' and set[bucket_of(fields[n + 1])] and not (backup and is_marked(fields, backup)) then
        sent[#sent + 1] = entry
      end
    end
  end
  for _, member in ipairs(redis.call('ZRANGE', T .. ' aside', 0, -1)) do
    if string.sub(member, 1, 5) == 'late:' then
      local id = redis.call('HGET', T .. ' late:' .. string.sub(member, 6), 't')
      if id and set[bucket_of(id)] then
        late[#late + 1] = {string.sub(member, 6), redis.call('HGETALL', T .. ' late:' .. string.sub(member, 6))}
      end
    end
  end
  return {[EFFECTS_REPLY.sent] = sent, [EFFECTS_REPLY.late] = late}
end

register('export_effects', export_effects, {'no-writes'})
