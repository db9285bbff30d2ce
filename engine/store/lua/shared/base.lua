-- What every script needs: its tag, its clock, and hints. What stands in this folder is assembled first into the
-- library, in the order that engine/store/library.py names.
--
-- Every script has exactly one declared key, KEYS[1] = '{ns:conv.p} gate', and builds all others from the same tag, so
-- a call never leaves its slot. The gate never exists: so a cluster refuses each call on a slot that is being moved,
-- before it has done anything (ASK), instead of running it where some of the keys are gone. No script reads a task's
-- data, meta, event or request. A script's error does not roll back: whatever can be wrong is checked before the first
-- write.

local CHUNK = 7000          -- values handed to one redis.call: Lua's unpack fails near 8 000
local DAY_MS = 86400000
local DONE_MS = 30000       -- for how long the resend of a commit is recognised; the client gives up before that

local function register(name, callback, flags)
  redis.register_function{function_name = name .. '_@HASH@', callback = callback, flags = flags}
end

-- '{ns:conv.p} gate' -> '{ns:conv.p}'
local function tag_of(keys)
  return string.sub(keys[1], 1, -6)
end

-- The server's real time in ms: leases.
local function real_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- The conv's clock in ms (real time plus the partition's offset): everything but leases. Also: paused?, real time, and
-- the minute whose counts are open, or false (shared/counts.lua).
local function clock(T)
  local real = real_ms()
  local meta = redis.call('HMGET', T .. ' meta', 'offset', 'paused', 'minute')
  return real + (tonumber(meta[1]) or 0), meta[2] == '1', real, meta[3]
end

-- Numbers as text: Lua would write 14 digits and an exponent.
local function whole(number)
  return string.format('%.0f', number)
end

-- --- What a task has beside its record: the keys of TASK_KEYS (engine/store/keys.py) ---------------------------------

-- What stands in one of them: entries, or field, value, ...
local function read_task_key(T, name, id)
  local key = T .. ' ' .. name .. ':' .. id
  if KEY_TYPES[name] == 'hash' then return redis.call('HGETALL', key) end
  return redis.call('LRANGE', key, 0, -1)
end

-- Writes the arguments from first to last into one of them.
local function write_task_key(T, name, id, argv, first, last)
  local key = T .. ' ' .. name .. ':' .. id
  if KEY_TYPES[name] == 'hash' then redis.call('HSET', key, unpack(argv, first, last))
  else redis.call('RPUSH', key, unpack(argv, first, last)) end
end

-- Deletes the record of a task, and all that it has beside it.
local function delete_task(T, id)
  local task_keys = {}
  task_keys[1] = T .. ' t:' .. id
  for i, name in ipairs(TASK_KEYS) do task_keys[i + 1] = T .. ' ' .. name .. ':' .. id end
  redis.call('DEL', unpack(task_keys))
end

-- --- Hints: '<conv>.<p> lane <lane>' or '<conv>.<p> due <ms> <in ms>' on 'ns:hint'; may be lost ---------------

local function publish(T, channel, text)
  local ns, partition = string.match(T, '^{(.*):(%d+%.%d+)}$')
  redis.call('PUBLISH', ns .. ':' .. channel, partition .. ' ' .. text)
end

-- To all workers: there is something new in the registry, whose tag this is. A hint of no conv.
local function publish_deployed(T)
  redis.call('PUBLISH', string.match(T, '^{(.*):reg}$') .. ':hint', '0.0 lane deployed')
end

local function push_ready(T, lane, ids)
  local key = T .. ' q:' .. lane
  local total = #ids
  for from = 1, total, CHUNK do
    local length = redis.call('RPUSH', key, unpack(ids, from, math.min(from + CHUNK - 1, total)))
    if from == 1 and length == math.min(CHUNK, total) then publish(T, 'hint', 'lane ' .. lane) end
  end
end

-- due_args: {score, id, score, id, ...}; publishes when one of them is the new earliest.
local function set_dues(T, now, due_args)
  if #due_args == 0 then return end
  local key = T .. ' due'
  local before = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  for from = 1, #due_args, CHUNK - 1000 do
    redis.call('ZADD', key, unpack(due_args, from, math.min(from + CHUNK - 1001, #due_args)))
  end
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] and (not before[2] or tonumber(first[2]) < tonumber(before[2])) then
    local due = tonumber(first[2])
    publish(T, 'hint', 'due ' .. whole(due) .. ' ' .. whole(math.max(0, due - now)))
  end
end

-- How long until the next timer, or false.
local function next_due(T, now)
  local first = redis.call('ZRANGE', T .. ' due', 0, 0, 'WITHSCORES')
  if not first[2] then return false end
  return whole(math.max(0, tonumber(first[2]) - now))
end
