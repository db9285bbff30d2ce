-- audit_index: what is not so about the entries of an index. Writes nothing.
-- ARGV: an index (its key without the tag), cursor ('0' to begin)
-- Reply: IndexReply (engine/store/wire.py)

local function audit_index(keys, argv)
  local T = tag_of(keys)
  local index, found = argv[1], {}
  local type_of = redis.call('TYPE', T .. ' ' .. index).ok
  if type_of == 'set' then
    local page = redis.call('SSCAN', T .. ' ' .. index, argv[2], 'COUNT', AUDIT_PAGE)
    for _, member in ipairs(page[2]) do check_member(T, index, member, nil, found) end
    return {[INDEX_REPLY.cursor] = page[1], [INDEX_REPLY.findings] = found}
  elseif type_of == 'zset' then
    local page = redis.call('ZSCAN', T .. ' ' .. index, argv[2], 'COUNT', AUDIT_PAGE)
    for n = 1, #page[2], 2 do check_member(T, index, page[2][n], page[2][n + 1], found) end
    return {[INDEX_REPLY.cursor] = page[1], [INDEX_REPLY.findings] = found}
  end
  return {[INDEX_REPLY.cursor] = '0', [INDEX_REPLY.findings] = found}
end

register('audit_index', audit_index, {'no-writes'})
