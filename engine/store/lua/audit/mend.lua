-- mend: looks again at findings and repairs them, each in one step.
-- ARGV: how many ready and running tasks it may look at to count, how old an effect may be, message of [node, ...];
--       then per finding: what, key, member ('' = none)
-- Reply: per finding 'mended', 'gone' (it is so no longer) or 'left' (nobody but a person can tell what is right)
-- Guarantees: each is looked at again and mended in one step, so tasks may go on meanwhile.
-- If the caller dies: each finding is mended or not. Twice: 'gone'.

-- Puts a task back to where a lost lease would have left it (life/expire.lua).
local function free(T, now, id, task)
  redis.call('ZREM', T .. ' at:' .. task.n, id)
  redis.call('HSET', T .. ' t:' .. id, 'p', 'ready', 'x', now, 'l', 'alone')
  redis.call('HDEL', T .. ' t:' .. id, 'f')
  push_ready(T, 'alone', {id})
end

-- What brings each finding in order: (T, now, the finding) -> done?
local MEND = {}

function MEND.not_in_lane(T, now, finding, id, task)
  push_ready(T, task.l or 'run', {id})
end

function MEND.no_lease(T, now, finding, id, task)
  free(T, now, id, task)
end

function MEND.two_leases(T, now, finding, id, task)
  for _, token in ipairs(redis.call('ZRANGE', T .. ' leases', 0, -1)) do drop_lease(T, token, id) end
  free(T, now, id, task)
end

function MEND.not_listed(T, now, finding, id, task)
  if task.p == 'final' then
    local day = math.floor(tonumber(task.x or task.c) / DAY_MS)
    redis.call('ZADD', archive_key(T, task.n, tonumber(task.x or task.c)), task.x or task.c, id)
    redis.call('ZADD', T .. ' archs', day, whole(day) .. ':' .. task.n)
  else
    redis.call('ZADD', T .. ' ' .. index_of(task), task.x or task.c, id)
  end
end

function MEND.no_due(T, now, finding, id, task)
  set_dues(T, now, {tonumber(task.u), id})
end

function MEND.ended_due(T, now, finding, id)
  redis.call('ZREM', T .. ' due', id)
  redis.call('HDEL', T .. ' t:' .. id, 'u')
end

function MEND.ref_lost(T, now, finding, id, task)
  redis.call('SET', T .. ' r:' .. (task.r or id), id)
end

-- A noted cancel or delete takes effect, as it would have at the commit.
function MEND.not_noted(T, now, finding, id, task)
  if task.p == 'leased' then redis.call('SADD', T .. ' noted', id)
  elseif task.w == 'd' then remove(T, now, id, task)
  else
    redis.call('HDEL', T .. ' t:' .. id, 'w')
    redis.call('SREM', T .. ' noted', id)
    if task.p ~= 'final' then make_ready(T, now, id, task, string.sub(task.w, 2), false) end
  end
end

function MEND.no_effect(T, now, finding, id, task)
  put_aside(T, now, id, task, 'it waited for an effect that is not in the outbox')
end

function MEND.stray(T, now, finding)
  local index, member = finding[FINDING_ROW.key], finding[FINDING_ROW.member]
  if redis.call('TYPE', T .. ' ' .. index).ok == 'set' then
    redis.call('SREM', T .. ' ' .. index, member)
    local token = string.match(index, '^lease:(.*)$')
    if token and redis.call('EXISTS', T .. ' lease:' .. token) == 0 then redis.call('ZREM', T .. ' leases', token) end
  else
    redis.call('ZREM', T .. ' ' .. index, member)
  end
end

function MEND.dangling(T, now, finding)
  redis.call('DEL', T .. ' ' .. finding[FINDING_ROW.key])
end

function MEND.dead_mail(T, now, finding)
  local id = string.sub(finding[FINDING_ROW.key], 6)
  refuse_mail(T, now, id, tonumber(redis.call('HGET', T .. ' t:' .. id, 'v') or 1))
end

function MEND.forever(T, now, finding)
  local name = finding[FINDING_ROW.key]
  redis.call('PEXPIRE', T .. ' ' .. name, string.sub(name, 1, 4) == 'kin:' and DAY_MS or DONE_MS)
end

function MEND.late_unlisted(T, now, finding)
  redis.call('ZADD', T .. ' aside', now, finding[FINDING_ROW.key])
end

-- The deadline is over: expire takes the tasks back.
function MEND.lease_unlisted(T, now, finding)
  redis.call('ZADD', T .. ' leases', 0, string.sub(finding[FINDING_ROW.key], 7))
end

function MEND.archive_unlisted(T, now, finding)
  local node, day = string.match(finding[FINDING_ROW.key], '^arch:(.*):(%d+)$')
  redis.call('ZADD', T .. ' archs', day, day .. ':' .. node)
end

function MEND.count(T, now, finding)
  local counted, actual = string.match(finding[FINDING_ROW.detail], '^(%S+) (%S+)$')
  shift_total(T, finding[FINDING_ROW.member] .. '.i', tonumber(actual) - tonumber(counted))
end

local function mend(keys, argv)
  local T = tag_of(keys)
  local now, most, late_ms = clock(T), tonumber(argv[1]), tonumber(argv[2])
  local replies = {}
  for n = 4, #argv, 3 do
    local what, key, member = argv[n], argv[n + 1], argv[n + 2]
    local found, finding = {}, nil
    if what == 'count' then
      local counted = counted_tasks(T)
      local actual = standing(T, counted, cmsgpack.unpack(argv[3]), most) or {}
      local tasks, says = actual[member], counted[member] or 0
      if tasks and tasks ~= says then add_finding(found, 'count', key, member, whole(says) .. ' ' .. whole(tasks)) end
    elseif what == 'stray' then
      local score = redis.call('TYPE', T .. ' ' .. key).ok == 'zset' and redis.call('ZSCORE', T .. ' ' .. key, member)
      if score or redis.call('TYPE', T .. ' ' .. key).ok == 'set' then check_member(T, key, member, score, found) end
    else
      check_key(T, key, lease_members(T), late_ms, now, found)
    end
    for _, one in ipairs(found) do
      if one[FINDING_ROW.what] == what then finding = one; break end
    end
    if not finding then replies[#replies + 1] = 'gone'
    elseif not MEND[what] then replies[#replies + 1] = 'left'
    else
      local id = string.match(key, '^t:(.*)$')
      MEND[what](T, now, finding, id, id and look(T, id))
      replies[#replies + 1] = 'mended'
    end
  end
  return replies
end

register('mend', mend, {'allow-oom'})
