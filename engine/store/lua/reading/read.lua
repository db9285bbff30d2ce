-- read: tasks and counts at one moment; writes nothing.
-- ARGV: ReadMessage (engine/store/wire.py)
-- Reply: ReadReply

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
  for i, ref in ipairs(message[READ_MESSAGE.refs]) do
    local state = state_of(buckets, ref)
    if state ~= 'o' and state ~= 'f' then return elsewhere(ref) end
    local id = redis.call('GET', T .. ' r:' .. ref)
    local row = id and row_of(T, id)
    rows[i] = row or row_of(T, ref)
    if message[READ_MESSAGE.mails] then
      mails[i] = rows[i] and redis.call('LLEN', T .. ' mail:' .. rows[i][TASK_ROW.task_id]) or 0
    end
  end
  local fields = {}
  for i, node in ipairs(message[READ_MESSAGE.nodes]) do
    fields[3 * i - 2], fields[3 * i - 1], fields[3 * i] = node .. '.i', node .. '.o', node .. '.x'
  end
  if #fields > 0 then counts = redis.call('HMGET', T .. ' cnt', unpack(fields)) end
  local sums = {}
  local totals = message[READ_MESSAGE.sums]
  if totals and #totals > 0 then sums = redis.call('HMGET', T .. ' sums', unpack(totals)) end
  local unused = message[READ_MESSAGE.mails] and redis.call('HGET', T .. ' meta', 'unused') or '0'
  return {
    [READ_REPLY.now_ms] = whole(now), [READ_REPLY.paused] = paused and 1 or 0, [READ_REPLY.tasks] = rows,
    [READ_REPLY.counts] = counts, [READ_REPLY.sums] = sums, [READ_REPLY.unused] = unused, [READ_REPLY.mails] = mails,
    [READ_REPLY.oldest_ms] = message[READ_MESSAGE.oldest] and oldest_of(T, message[READ_MESSAGE.nodes]) or {}}
end

register('read', read, {'no-writes'})
