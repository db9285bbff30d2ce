-- listing: the tasks in a node, newest change first; of an end node its archive. Writes nothing.
-- ARGV: node, how many, only changes before this ms (-1: no bound), and at this ms only ids below this one ('': none)
-- Reply: ListingReply (engine/store/wire.py)
-- Tasks that are running or about to run in memory are in no list; a living node shows those at rest, calling, or ready
-- for its outside work.

local function listing(keys, argv)
  local T = tag_of(keys)
  local node, limit, before, before_id = argv[1], tonumber(argv[2]), tonumber(argv[3]), argv[4]
  local _, paused = clock(T)
  local found = {}   -- {change = ms, id = id}, without order

  local function take(change, id)
    if before < 0 or change < before or (change == before and id < before_id) then
      found[#found + 1] = {change = change, id = id}
    end
  end

  -- Pages by position: a batch commits many tasks in one millisecond.
  local function take_range(key)
    -- Scores of a queue have fractions of a millisecond.
    local upper, offset, enough = before < 0 and '+inf' or '(' .. whole(before + 1), 0, #found + limit
    while #found < enough do
      local page = redis.call('ZRANGE', key, upper, '-inf', 'BYSCORE', 'REV', 'LIMIT', offset, limit, 'WITHSCORES')
      for n = 1, #page, 2 do take(math.floor(tonumber(page[n + 1])), page[n]) end
      if #page < 2 * limit then break end
      offset = offset + limit
    end
  end

  local seen = {}
  for _, id in ipairs(redis.call('LRANGE', T .. ' q:' .. node, -limit, -1)) do
    local task = look(T, id)
    if task and task.p == 'ready' and task.l == node and not seen[id] then
      seen[id] = true
      take(tonumber(task.x or task.c), id)
    end
  end
  take_range(T .. ' at:' .. node)
  take_range(T .. ' queue:' .. node)
  for _, archive in ipairs(redis.call('ZRANGE', T .. ' archs', '+inf', '-inf', 'BYSCORE', 'REV')) do
    if #found >= limit then break end
    local day, of_node = string.match(archive, '^(%d+):(.*)$')
    if of_node == node then take_range(T .. ' arch:' .. node .. ':' .. day) end
  end

  table.sort(found, function(a, b) return a.change > b.change or (a.change == b.change and a.id > b.id) end)
  local rows = {}
  for n = 1, math.min(limit, #found) do
    rows[n] = row_of(T, found[n].id)
  end
  return {[LISTING_REPLY.paused] = paused and 1 or 0, [LISTING_REPLY.tasks] = rows}
end

register('listing', listing, {'no-writes'})
