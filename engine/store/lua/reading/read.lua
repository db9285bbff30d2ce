-- read: tasks and counts at one moment; writes nothing.
-- ARGV: message of [[ref or id, ...], [node, ...], [field of 'sums', ...], whether to count each task's mail,
--       whether to look for the oldest ended task of each node]
-- Reply: [now ms, paused, [per ref a row or nil], [per node entered, left, removed], [per field a decimal or nil], modifies that
--         were of no use, [per ref its mails] or nil, [per node when its oldest ended task ended, or 0]]
--   row: id, ref, node, place, visit, data, meta, lane, due, attempts, create ms, change ms, note, noted, modifies that were
--        of no use to it, whose answer it waits for

-- Per node when the oldest task of its archives ended, in ms; 0: none is kept.
local function oldest_of(T, nodes)
  local found, oldest = {}, {}
  for _, name in ipairs(redis.call('ZRANGE', T .. ' archs', 0, -1)) do   -- oldest day first
    local day, node = string.match(name, '^(%d+):(.*)$')
    local first = not found[node] and redis.call('ZRANGE', T .. ' arch:' .. node .. ':' .. day, 0, 0, 'WITHSCORES')
    if first and first[2] then found[node] = whole(first[2]) end
  end
  for i, node in ipairs(nodes) do oldest[i] = found[node] or '0' end
  return oldest
end

local function read(keys, argv)
  local T = tag_of(keys)
  local message = cmsgpack.unpack(argv[1])
  local now, paused = clock(T)
  local rows, counts, mails, buckets = {}, {}, {}, buckets_of(T)
  for i, ref in ipairs(message[1]) do
    local state = state_of(buckets, ref)
    if state ~= 'o' and state ~= 'f' then return elsewhere(ref) end
    local id = redis.call('GET', T .. ' r:' .. ref)
    local row = id and row_of(T, id)
    rows[i] = row or row_of(T, ref)
    if message[4] then mails[i] = rows[i] and redis.call('LLEN', T .. ' mail:' .. rows[i][1]) or 0 end
  end
  local fields = {}
  for i, node in ipairs(message[2]) do
    fields[3 * i - 2], fields[3 * i - 1], fields[3 * i] = node .. '.i', node .. '.o', node .. '.x'
  end
  if #fields > 0 then counts = redis.call('HMGET', T .. ' cnt', unpack(fields)) end
  local sums = {}
  if message[3] and #message[3] > 0 then sums = redis.call('HMGET', T .. ' sums', unpack(message[3])) end
  local unused = message[4] and redis.call('HGET', T .. ' meta', 'unused') or '0'
  return {whole(now), paused and 1 or 0, rows, counts, sums, unused, mails, message[5] and oldest_of(T, message[2]) or {}}
end

register('read', read, {'no-writes'})
