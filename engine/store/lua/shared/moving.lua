-- Buckets on their way from one partition of a conv to another, and the mover who carries them (move/, backup/).
--
-- The states of a bucket (shared/buckets.lua) keep one owner at any time:
--   giver 'o' -> 'f' (freeze) -> '-' (release);   taker '-' -> 'i' (expect) -> 'o' (activate).
-- While frozen nothing changes there but what is under a batch's lease, and only reads are answered; between release
-- and activate nobody has the bucket, and calls are sent again. Copies on the wrong side have no effect: they are in no
-- lane that is claimed from, no timer of theirs fires. Whoever finds a move half done can tell from the states which
-- half: frozen: put it back (`drop`, `thaw`); 'i' and nobody 'o' or 'f': go on (`activate`).
--
-- If the caller of any of these scripts dies: the next mover goes on. Twice is the same as once.

-- A script for the mover that armed the partition last, and no other: one that was thought dead does no harm. Its name
-- is the first argument.
local function register_for_mover(name, callback, flags)
  register(name, function(keys, argv)
    local T = tag_of(keys)
    if redis.call('HGET', T .. ' meta', 'mover') ~= argv[1] then
      return redis.error_reply('ERR another repartition of this conv has taken over')
    end
    return callback(T, argv)
  end, flags)
end

-- {bucket number from 1: true}
local function numbers_of(packed)
  local set = {}
  for _, bucket in ipairs(cmsgpack.unpack(packed)) do set[bucket + 1] = true end
  return set
end

-- Puts the buckets of the set that are in state `from` into state `to`; how many.
local function turn(T, set, from, to)
  local letters, changed = {}, 0
  local buckets = buckets_of(T)
  for number = 1, BUCKETS do
    local state = string.sub(buckets, number, number)
    if set[number] and state == from then state = to; changed = changed + 1 end
    letters[number] = state
  end
  redis.call('SET', T .. ' buckets', table.concat(letters))
  return changed
end

-- Takes away a copy: everything of a task that is elsewhere now, without anybody being told.
local function forget(T, id)
  local task = look(T, id)
  if not task then return end
  leave_place(T, id, task)
  if task.p == 'final' then
    redis.call('HDEL', T .. ' sized', whole(math.floor(tonumber(task.x or task.c) / DAY_MS)) .. ':' .. task.n)
  end
  redis.call('ZREM', T .. ' due', id)
  redis.call('SREM', T .. ' noted', id)
  local ref = task.r or id
  if redis.call('GET', T .. ' r:' .. ref) == id then redis.call('DEL', T .. ' r:' .. ref) end
  delete_task(T, id)
  redis.call('SREM', T .. ' incoming:' .. bucket_of(id), id)
  redis.call('SREM', T .. ' born', id)
  shift_total(T, task.n .. '.i', -1)
end
