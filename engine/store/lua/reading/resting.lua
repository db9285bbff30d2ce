-- resting: which tasks stand at rest, have ended or were set aside, newest change first. Writes nothing.
-- ARGV: RestingMessage (engine/store/wire.py)
-- Reply: RestingReply
-- A change is the moment that the task's index says; tasks of buckets that are on their way in are left out. To go on
-- after a page, give the change and id of its last: what changes meanwhile is newer than that, and comes no more.

local function resting(keys, argv)
  local T = tag_of(keys)
  local message = cmsgpack.unpack(argv[1])
  local since, before = message[RESTING_MESSAGE.since_ms], message[RESTING_MESSAGE.before_ms]
  local before_id, limit = message[RESTING_MESSAGE.before_id], message[RESTING_MESSAGE.limit]
  local now, _, buckets = clock(T), nil, buckets_of(T)
  local found = {}   -- {change = ms, id = id}, without order

  -- Adds the newest of an index, `limit` at most; by position, because many tasks change in one millisecond.
  local function take_range(key)
    -- Scores of a queue have fractions of a millisecond.
    local upper, offset, taken = '(' .. whole(before + 1), 0, 0
    while taken < limit do
      local page = redis.call('ZRANGE', key, upper, whole(since), 'BYSCORE', 'REV', 'LIMIT', offset, limit,
        'WITHSCORES')
      for n = 1, #page, 2 do
        local change, id = math.floor(tonumber(page[n + 1])), page[n]
        local state = #id == 24 and state_of(buckets, id)
        if (state == 'o' or state == 'f') and (change < before or id < before_id) then
          found[#found + 1] = {change = change, id = id}
          taken = taken + 1
        end
      end
      if #page < 2 * limit then break end
      offset = offset + limit
    end
    return taken
  end

  local wanted = {}
  for _, node in ipairs(message[RESTING_MESSAGE.nodes]) do
    wanted[node] = true
    if message[RESTING_MESSAGE.at] then take_range(T .. ' at:' .. node) end
    if message[RESTING_MESSAGE.queued] then take_range(T .. ' queue:' .. node) end
  end
  if message[RESTING_MESSAGE.aside] then take_range(T .. ' aside') end
  if message[RESTING_MESSAGE.ended] then
    local ended, last = 0, nil
    for _, archive in ipairs(redis.call('ZRANGE', T .. ' archs', '+inf', '-inf', 'BYSCORE', 'REV')) do
      local day, node = string.match(archive, '^(%d+):(.*)$')
      if day ~= last and ended >= limit then break end
      last = day
      if wanted[node] or message[RESTING_MESSAGE.any_node] then
        ended = ended + take_range(T .. ' arch:' .. node .. ':' .. day)
      end
    end
  end

  table.sort(found, function(a, b) return a.change > b.change or (a.change == b.change and a.id > b.id) end)
  local flat = {}
  for n = 1, math.min(limit, #found) do
    flat[2 * n - 1], flat[2 * n] = found[n].change, found[n].id
  end
  return {[RESTING_REPLY.now_ms] = now, [RESTING_REPLY.found] = flat}
end

register('resting', resting, {'no-writes'})
