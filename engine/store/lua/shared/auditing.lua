-- What is not so about the keys of a partition (audit/).
--
-- A finding is a FindingRow (engine/store/wire.py): what is not so about which key (without the tag), a member or nil,
-- a detail or nil. `what` is a word of engine/store/audit.py, which has the sentence for each.

local PLACES = {ready = true, leased = true, calling = true, waiting = true, parked = true, delayed = true,
  sending = true, queued = true, aside = true, final = true}
local AUDIT_PAGE = 500

local function add_finding(found, what, key, member, detail)
  found[#found + 1] = {
    [FINDING_ROW.what] = what, [FINDING_ROW.key] = key, [FINDING_ROW.member] = member, [FINDING_ROW.detail] = detail}
end

-- The index that a task's place demands: its key without the tag, or nil for places whose list is no sorted set.
local function index_of(task)
  if AT[task.p] then return 'at:' .. task.n end
  if task.p == 'queued' then return 'queue:' .. task.n end
  if task.p == 'aside' then return 'aside' end
  if task.p == 'final' then
    return 'arch:' .. task.n .. ':' .. whole(math.floor(tonumber(task.x or task.c) / DAY_MS))
  end
end

local function lease_members(T)
  local times = {}
  for _, token in ipairs(redis.call('ZRANGE', T .. ' leases', 0, -1)) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. token)) do times[id] = (times[id] or 0) + 1 end
  end
  return times
end

-- Whether a task that is ready or leased is where it can be found. leased: how often each task is in a lease, or nil:
-- do not look, that takes long.
local function check_held(T, id, task, leased, found)
  local key = 't:' .. id
  if task.p == 'ready' then
    local lane = task.l or 'run'
    if not redis.call('LPOS', T .. ' q:' .. lane, id) then add_finding(found, 'not_in_lane', key, false, lane) end
  else
    local times = leased[id] or 0
    if times == 0 then add_finding(found, 'no_lease', key) end
    if times > 1 then add_finding(found, 'two_leases', key) end
  end
end

local function check_due(T, id, task, found)
  local key = 't:' .. id
  local lane = task.l or 'run'
  if not task.u then return end
  if task.p == 'final' or task.p == 'aside' then add_finding(found, 'ended_due', key); return end
  -- A task that runs, or is about to, may have lost its timer's entry: its commit sets it again, or drops it.
  if task.p == 'leased' or (task.p == 'ready' and (lane == 'run' or lane == 'alone')) then return end
  local due = redis.call('ZSCORE', T .. ' due', id)
  if not due or tonumber(due) ~= tonumber(task.u) then add_finding(found, 'no_due', key) end
end

local function check_ref(T, id, task, found)
  local ref = task.r or id
  local holder = redis.call('GET', T .. ' r:' .. ref)
  if task.p == 'final' or holder == id or (not holder and not task.r) then return end
  local other = holder and redis.call('HGET', T .. ' t:' .. holder, 'p')
  if other and other ~= 'final' then add_finding(found, 'two_living', 't:' .. id, false, holder)
  else add_finding(found, 'ref_lost', 't:' .. id, false, ref) end
end

-- leased: see check_held; then also whatever a short look cannot tell. Returns the place that only that can check.
-- waits: to add {id, visit, whose answer it waits for} to, where no timer ends the waiting.
local function check_task(T, id, leased, found, waits)
  local key = 't:' .. id
  if redis.call('EXISTS', T .. ' t:' .. id) == 0 then return end
  if state_of(buckets_of(T), id) ~= 'o' then
    if redis.call('HEXISTS', T .. ' meta', 'mover') == 0 then add_finding(found, 'left_behind', key) end
    return
  end
  local task = look(T, id)
  if not task or not PLACES[task.p] or not task.n or not task.c or not redis.call('HGET', T .. ' t:' .. id, 'd') then
    add_finding(found, 'broken', key)
    return
  end
  local index = index_of(task)
  if index and not redis.call('ZSCORE', T .. ' ' .. index, id) then
    add_finding(found, 'not_listed', key, false, index)
  end
  if task.p == 'calling' and redis.call('SISMEMBER', T .. ' lease:' .. (task.f or ''), id) == 0 then
    add_finding(found, 'no_lease', key)
  end
  check_due(T, id, task, found)
  check_ref(T, id, task, found)
  if task.w and (task.p ~= 'leased' or redis.call('SISMEMBER', T .. ' noted', id) == 0) then
    add_finding(found, 'not_noted', key)
  end
  if task.p == 'sending' and (not task.o or #redis.call('XRANGE', T .. ' out', task.o, task.o) == 0) then
    add_finding(found, 'no_effect', key, false, task.o or '')
  end
  if task.p == 'waiting' and not task.u and waits then
    local visit, target = string.match(redis.call('HGET', T .. ' t:' .. id, 'g') or '', '^(%d+) (.*)$')
    if visit == (task.v or '1') then
      waits[#waits + 1] = {[WAIT_ROW.task_id] = id, [WAIT_ROW.visit] = visit, [WAIT_ROW.target] = target}
    end
  end
  if index == nil then
    if leased then check_held(T, id, task, leased, found)
    elseif task.p == 'ready' then return task.l or 'run'
    elseif task.p == 'leased' then return '' end
  end
end

-- What is not so about an entry of an index; `score` as text where it has one.
local function check_member(T, index, member, score, found)
  local kind, rest = string.match(index, '^(%a+):?(.*)$')
  local why
  if kind == 'leases' then
    if redis.call('EXISTS', T .. ' lease:' .. member) == 0 then why = 'there is no such lease' end
  elseif kind == 'aside' and string.sub(member, 1, 5) == 'late:' then
    if redis.call('EXISTS', T .. ' late:' .. string.sub(member, 6)) == 0 then why = 'there is no such effect' end
  else
    local task = look(T, member)
    if not task then why = 'there is no such task'
    elseif kind == 'lease' then
      if task.p ~= 'leased' and not (task.p == 'calling' and task.f == rest) then why = 'the task is ' .. task.p end
    elseif kind == 'due' then
      if not task.u or tonumber(task.u) ~= tonumber(score) then
        why = 'the task has ' .. (task.u and 'another' or 'no') .. ' timer'
      end
    elseif kind == 'noted' then
      if not task.w then why = 'nothing is noted of the task' end
    elseif index_of(task) ~= index then
      why = 'the task is ' .. task.p .. ' in node ' .. task.n
    end
  end
  if why then add_finding(found, 'stray', index, member, why) end
end

-- Checks one key. Returns what check_task does.
local function check_key(T, name, leased, late_ms, now, found, waits)
  local kind, rest = string.match(name, '^(%a+):?(.*)$')
  local type_of = redis.call('TYPE', T .. ' ' .. name).ok
  if type_of == 'none' then return end
  if not KEY_TYPES[kind] then add_finding(found, 'unknown', name); return end
  if type_of ~= KEY_TYPES[kind] then add_finding(found, 'wrong_type', name, false, type_of); return end
  if kind == 't' then return check_task(T, rest, leased, found, waits) end
  if kind == 'r' then
    local id = redis.call('GET', T .. ' r:' .. rest)
    local ref = redis.call('HMGET', T .. ' t:' .. id, 'r', 'p')
    if not ref[2] or (ref[1] or id) ~= rest then add_finding(found, 'dangling', name, false, id) end
  elseif kind == 'mail' then
    local place = redis.call('HGET', T .. ' t:' .. rest, 'p')
    if not place or place == 'final' then add_finding(found, 'dead_mail', name) end
  elseif kind == 'done' or kind == 'sync' or kind == 'kin' then
    if redis.call('PTTL', T .. ' ' .. name) == -1 then add_finding(found, 'forever', name) end
  elseif kind == 'late' then
    if not redis.call('ZSCORE', T .. ' aside', name) then add_finding(found, 'late_unlisted', name) end
  elseif kind == 'lease' then
    if not redis.call('ZSCORE', T .. ' leases', rest) then add_finding(found, 'lease_unlisted', name) end
  elseif kind == 'arch' then
    local node, day = string.match(rest, '^(.*):(%d+)$')
    if not node then add_finding(found, 'unknown', name)
    elseif not redis.call('ZSCORE', T .. ' archs', day .. ':' .. node) then
      add_finding(found, 'archive_unlisted', name)
    end
  elseif kind == 'out' then
    for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+', 'COUNT', AUDIT_PAGE)) do
      local effect = {}
      for n = 1, #entry[2], 2 do effect[entry[2][n]] = entry[2][n + 1] end
      local age = now - (tonumber(effect.a) or 0)
      if age > late_ms then add_finding(found, 'old_effect', name, entry[1], whole(age)) end
    end
  end
end

-- How many tasks stand in each node, by looking: {node: tasks}, or nil when more than `most` are ready or running.
-- nodes: those there are, for counts may be lost.
local function standing(T, counted, nodes, most)
  local actual, seen, lanes = {}, {}, {run = true, alone = true}
  local function add_task(id, place, lane)
    local task = redis.call('HMGET', T .. ' t:' .. id, 'p', 'n', 'l')
    if not seen[id] and task[1] == place and (not lane or (task[3] or 'run') == lane) then
      seen[id] = true
      actual[task[2]] = (actual[task[2]] or 0) + 1
    end
  end
  for _, node in ipairs(nodes) do counted[node] = counted[node] or 0 end
  for node in pairs(counted) do
    actual[node] = redis.call('ZCARD', T .. ' at:' .. node) + redis.call('ZCARD', T .. ' queue:' .. node)
    lanes[node] = true
  end
  for _, archive in ipairs(redis.call('ZRANGE', T .. ' archs', 0, -1)) do
    local day, node = string.match(archive, '^(%d+):(.*)$')
    actual[node] = (actual[node] or 0) + redis.call('ZCARD', T .. ' arch:' .. node .. ':' .. day)
  end
  local many = redis.call('ZCARD', T .. ' aside')
  for lane in pairs(lanes) do many = many + redis.call('LLEN', T .. ' q:' .. lane) end
  local tokens = redis.call('ZRANGE', T .. ' leases', 0, -1)
  for _, token in ipairs(tokens) do many = many + redis.call('SCARD', T .. ' lease:' .. token) end
  if many > most then return nil end
  for lane in pairs(lanes) do
    for _, id in ipairs(redis.call('LRANGE', T .. ' q:' .. lane, 0, -1)) do add_task(id, 'ready', lane) end
  end
  for _, token in ipairs(tokens) do
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. token)) do add_task(id, 'leased') end
  end
  for _, id in ipairs(redis.call('ZRANGE', T .. ' aside', 0, -1)) do add_task(id, 'aside') end
  return actual
end

-- {node: what its counts say}
local function counted_tasks(T)
  local counts, counted = redis.call('HGETALL', T .. ' cnt'), {}
  local sign = {i = 1, o = -1, x = -1}
  for n = 1, #counts, 2 do
    local node, kind = string.match(counts[n], '^(.*)%.(%a)$')
    if sign[kind] then counted[node] = (counted[node] or 0) + sign[kind] * tonumber(counts[n + 1]) end
  end
  return counted
end
