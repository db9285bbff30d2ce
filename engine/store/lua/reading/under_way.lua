-- under_way: which tasks are ready or running, by id, the youngest first. Writes nothing.
-- ARGV: UnderWayMessage (engine/store/wire.py)
-- Reply: UnderWayReply
-- Lanes and leases have no order of time, so pages go by id. Of each lane the last `most` entries are looked at. An id
-- in a lane may be that of a task that has left it.

local PAGE = 5000

local function under_way(keys, argv)
  local T = tag_of(keys)
  local message = cmsgpack.unpack(argv[1])
  local before, limit, most = message[UNDER_WAY_MESSAGE.before_id], message[UNDER_WAY_MESSAGE.limit],
    message[UNDER_WAY_MESSAGE.most]
  local now, buckets = clock(T), buckets_of(T)
  local kept, seen, floor, left_out = {}, {}, '', 0

  local function cut()
    table.sort(kept, function(a, b) return a > b end)
    for n = #kept, limit + 1, -1 do seen[kept[n]], kept[n] = nil, nil end
    floor = #kept == limit and kept[limit] or ''
  end

  local function take(id)
    if id >= before or id <= floor or seen[id] then return end
    local state = state_of(buckets, id)
    if state ~= 'o' and state ~= 'f' then return end
    seen[id] = true
    kept[#kept + 1] = id
    if #kept >= 2 * limit then cut() end
  end

  for _, lane in ipairs(message[UNDER_WAY_MESSAGE.lanes]) do
    local key = T .. ' q:' .. lane
    local length = redis.call('LLEN', key)
    left_out = left_out + math.max(0, length - most)
    for last = length - 1, math.max(0, length - most), -PAGE do
      local ids = redis.call('LRANGE', key, math.max(0, length - most, last - PAGE + 1), last)
      for n = #ids, 1, -1 do take(ids[n]) end
    end
  end
  for _, token in ipairs(redis.call('ZRANGE', T .. ' leases', 0, -1)) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. token)) do take(id) end
  end
  cut()
  return {[UNDER_WAY_REPLY.now_ms] = now, [UNDER_WAY_REPLY.left_out] = left_out, [UNDER_WAY_REPLY.ids] = kept}
end

register('under_way', under_way, {'no-writes'})
