-- export_kept: effects that were confirmed while the backup is made. Writes nothing.
-- ARGV: from, count
-- Reply: [[out id, [field, value, ...]], ...]

local function export_kept(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for i, entry in ipairs(redis.call('LRANGE', T .. ' kept', argv[1], argv[1] + argv[2] - 1)) do
    reply[i] = cmsgpack.unpack(entry)
  end
  return reply
end

register('export_kept', export_kept, {'no-writes'})
