-- Counts over time: how many tasks came into each node and left it, and what failed there, by minute and by hour.
--
-- What moves tasks only adds to the totals ('cnt'). 'was' holds the totals as they were when the open minute began
-- ('minute' of 'meta'), and the first move of a later minute closes it: what the totals have grown by becomes an entry
-- of the list 'minutes', and is added to the last of 'hours'. So a commit pays one comparison, and all entries and what
-- is open add up to the totals. What an older worker moves lies in the minute that it finds open.
--
-- 'errors' holds the failures of the open day: '<node> <tag>' how many, '<node>' how many tags; 'was' has those, too.
-- An entry is the number of its minute or hour, a space, and a PeriodMessage. A list has one entry for a number, the
-- oldest first.

local MINUTE_MS = 60000
local HOUR_MINUTES, DAY_MINUTES = 60, 1440
local MOST_TAGS = 50        -- of a node and day; what else fails there counts as 'other'
local CLOSED_TRIMMED = 10   -- entries that are too old and go when a minute is closed

local function minute_of(ms)
  return math.floor(ms / MINUTE_MS)
end

local function number_of(entry)
  return tonumber(string.match(entry, '^%d+'))
end

-- --- What has grown -------------------------------------------------------------------------------------------------

-- Two tables: per node {came in, left}, per '<node> <tag>' failures.
local function no_counts()
  return {moves = {}, failures = {}}
end

local function add_moves(counts, node, entered, left)
  local pair = counts.moves[node]
  if not pair then pair = {0, 0}; counts.moves[node] = pair end
  pair[1], pair[2] = pair[1] + entered, pair[2] + left
end

local function add_failures(counts, name, number)
  counts.failures[name] = (counts.failures[name] or 0) + number
end

-- What the totals have grown by since the open minute began; and how they stand now, for 'was'.
local function grown_counts(T)
  local counts, was, totals = no_counts(), {}, {}
  local before = redis.call('HGETALL', T .. ' was')
  for n = 1, #before, 2 do was[before[n]] = tonumber(before[n + 1]) end
  local function note(field, total)
    local grown = tonumber(total) - (was[field] or 0)
    if grown ~= 0 then totals[#totals + 1] = field; totals[#totals + 1] = total end
    return grown
  end
  local cnt = redis.call('HGETALL', T .. ' cnt')
  for n = 1, #cnt, 2 do
    local node, kind = string.match(cnt[n], '^(.*)%.([io])$')
    local grown = node and note(cnt[n], cnt[n + 1]) or 0
    if grown ~= 0 then add_moves(counts, node, kind == 'i' and grown or 0, kind == 'o' and grown or 0) end
  end
  local errors = redis.call('HGETALL', T .. ' errors')
  for n = 1, #errors, 2 do
    local grown = string.find(errors[n], ' ', 1, true) and note(errors[n], errors[n + 1]) or 0
    if grown ~= 0 then add_failures(counts, errors[n], grown) end
  end
  return counts, totals
end

-- --- Entries --------------------------------------------------------------------------------------------------------

-- number: as a number or as text.
local function write_entry(number, counts)
  local moves, failures = {}, {}
  for node, pair in pairs(counts.moves) do
    local before = #moves
    moves[before + MOVE.node], moves[before + MOVE.entered], moves[before + MOVE.left] = node, pair[1], pair[2]
  end
  for name, failed in pairs(counts.failures) do
    local before = #failures
    local node, tag = string.match(name, '^(%S+) (.*)$')
    failures[before + FAILED.node], failures[before + FAILED.tag], failures[before + FAILED.tasks] = node, tag, failed
  end
  local message = {[PERIOD_MESSAGE.moves] = moves, [PERIOD_MESSAGE.failures] = failures}
  return whole(number) .. ' ' .. cmsgpack.pack(message)
end

local function add_entry_to(counts, entry)
  local message = cmsgpack.unpack(string.sub(entry, string.find(entry, ' ', 1, true) + 1))
  local moves, failures = message[PERIOD_MESSAGE.moves], message[PERIOD_MESSAGE.failures]
  for n = 0, #moves - 1, MOVE.width do
    add_moves(counts, moves[n + MOVE.node], moves[n + MOVE.entered], moves[n + MOVE.left])
  end
  for n = 0, #failures - 1, FAILED.width do
    add_failures(counts, failures[n + FAILED.node] .. ' ' .. failures[n + FAILED.tag], failures[n + FAILED.tasks])
  end
end

-- The first place, from 0, of an entry whose number is at least this; the length when there is none.
local function place_of(key, number)
  local low, high = 0, redis.call('LLEN', key)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if number_of(redis.call('LINDEX', key, middle)) < number then low = middle + 1 else high = middle end
  end
  return low
end

-- Adds counts to the entry of this number, or makes it. Mostly it is the last.
local function add_to_period(key, number, counts)
  local last = redis.call('LINDEX', key, -1)
  if not last or number_of(last) < number then
    redis.call('RPUSH', key, write_entry(number, counts))
    return
  end
  local place = number_of(last) == number and -1 or place_of(key, number)
  local entry = redis.call('LINDEX', key, place)
  if number_of(entry) == number then
    local both = no_counts()
    add_entry_to(both, entry)
    for node, pair in pairs(counts.moves) do add_moves(both, node, pair[1], pair[2]) end
    for name, failed in pairs(counts.failures) do add_failures(both, name, failed) end
    redis.call('LSET', key, place, write_entry(number, both))
  else
    redis.call('LINSERT', key, 'BEFORE', entry, write_entry(number, counts))
  end
end

-- Drops up to `limit` entries that are older than this number; how many.
local function trim_periods(key, oldest, limit)
  local old = 0
  for _, entry in ipairs(redis.call('LRANGE', key, 0, limit - 1)) do
    if number_of(entry) >= oldest then break end
    old = old + 1
  end
  if old > 0 then redis.call('LPOP', key, old) end
  return old
end

local function trim_counts(T, minute, limit)
  return trim_periods(T .. ' minutes', minute - KEPT_MINUTES, limit)
    + trim_periods(T .. ' hours', math.floor(minute / HOUR_MINUTES) - KEPT_HOURS, limit)
end

-- --- The open minute ------------------------------------------------------------------------------------------------

local function set_was(T, totals)
  for from = 1, #totals, CHUNK - 1000 do
    redis.call('HSET', T .. ' was', unpack(totals, from, math.min(from + CHUNK - 1001, #totals)))
  end
end

-- Another day: its tags are counted anew.
local function forget_errors(T)
  local names = redis.call('HKEYS', T .. ' errors')
  for from = 1, #names, CHUNK do
    redis.call('HDEL', T .. ' was', unpack(names, from, math.min(from + CHUNK - 1, #names)))
  end
  redis.call('DEL', T .. ' errors')
end

-- Begins counting: the totals that there are were counted by nobody.
local function begin_counting(T)
  redis.call('DEL', T .. ' was', T .. ' errors')
  local _, totals = grown_counts(T)
  set_was(T, totals)
end

local function close_minute(T, open, minute, counts, totals)
  if next(counts.moves) or next(counts.failures) then
    add_to_period(T .. ' minutes', open, counts)
    add_to_period(T .. ' hours', math.floor(open / HOUR_MINUTES), counts)
    set_was(T, totals)
  end
  if math.floor(open / DAY_MINUTES) ~= math.floor(minute / DAY_MINUTES) then forget_errors(T) end
  redis.call('HSET', T .. ' meta', 'minute', whole(minute))
end

-- To be called by whatever is about to add to the totals. open: the minute that is open, or false (see clock).
-- Returns the one that is open now.
local function open_minute(T, now, open)
  local minute = minute_of(now)
  if tonumber(open) == minute then return minute end
  if open then close_minute(T, tonumber(open), minute, grown_counts(T))
  else
    begin_counting(T)
    redis.call('HSET', T .. ' meta', 'minute', whole(minute))
  end
  trim_counts(T, minute, CLOSED_TRIMMED)
  return minute
end

-- Closes the open minute if it is over and something has happened in it, so that what older workers move from now on
-- lies in a minute of its own; drops what is too old. Returns how many entries.
local function tend_counts(T, now, open, limit)
  local minute = minute_of(now)
  if open and tonumber(open) ~= minute then
    local counts, totals = grown_counts(T)
    if #totals > 0 then close_minute(T, tonumber(open), minute, counts, totals) end
  end
  return trim_counts(T, minute, limit)
end

-- Adds to a total what is no move: a task was brought here by a mover, or miscounted.
local function shift_total(T, field, number)
  redis.call('HINCRBY', T .. ' cnt', field, number)
  if redis.call('HEXISTS', T .. ' meta', 'minute') == 1 then redis.call('HINCRBY', T .. ' was', field, number) end
end

-- Counts failures in a node, in the minute that is open.
local function count_failures(T, node, tag, number)
  local name = node .. ' ' .. tag
  if redis.call('HINCRBY', T .. ' errors', name, number) == number
    and redis.call('HINCRBY', T .. ' errors', node, 1) > MOST_TAGS then
    redis.call('HINCRBY', T .. ' errors', node, -1)
    redis.call('HDEL', T .. ' errors', name)
    redis.call('HINCRBY', T .. ' errors', node .. ' other', number)
  end
end
