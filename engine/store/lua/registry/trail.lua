-- trail: a page of its entries. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: the id after which it begins, or '' and the Unix ms from which on; how many
-- Reply: TrailReply (engine/store/wire.py)

local function trail(keys, argv)
  local T = tag_of(keys)
  local from = argv[1] ~= '' and '(' .. argv[1] or argv[2] .. '-0'
  local last = redis.call('HMGET', T .. ' rights', 'noted', 'head')
  local rows = {}
  for _, entry in ipairs(redis.call('XRANGE', T .. ' trail', from, '+', 'COUNT', argv[3])) do
    local at, fields = #rows, entry[2]
    rows[at + TRAIL_ROW.entry_id] = entry[1]
    for name, place in pairs({t = TRAIL_ROW.text, n = TRAIL_ROW.number, p = TRAIL_ROW.before, h = TRAIL_ROW.hash}) do
      rows[at + place] = ''
      for i = 1, #fields, 2 do
        if fields[i] == name then rows[at + place] = fields[i + 1] end
      end
    end
  end
  return {[TRAIL_REPLY.noted] = last[1] or '0', [TRAIL_REPLY.head] = last[2] or '',
    [TRAIL_REPLY.kept] = redis.call('XLEN', T .. ' trail'), [TRAIL_REPLY.entries] = rows}
end

register('trail', trail, {'no-writes'})
