-- adopt: tasks of buckets that are on their way in.
-- ARGV: mover; then per task: id, '1' for the pointer, deadline or '', number of fields, field, value, ..., number of mails,
--       mail, ...
-- Reply: how many were not here yet. Refused when memory is full.

local function adopt(T, argv)
  local now, buckets = clock(T), buckets_of(T)
  local at, adopted, entered, dues = 2, 0, {}, {}
  while at <= #argv do
    local id, pointer, deadline, width = argv[at], argv[at + 1] == '1', argv[at + 2], tonumber(argv[at + 3])
    local mails_at = at + 4 + width
    local mails = tonumber(argv[mails_at])
    if state_of(buckets, id) ~= 'i' then return redis.error_reply('ERR adopt: nothing of this bucket is expected') end
    if redis.call('EXISTS', T .. ' t:' .. id) == 0 then
      redis.call('HSET', T .. ' t:' .. id, unpack(argv, at + 4, mails_at - 1))
      if mails > 0 then redis.call('RPUSH', T .. ' mail:' .. id, unpack(argv, mails_at + 1, mails_at + mails)) end
      local task = look(T, id)
      local since = task.x or task.c
      if AT[task.p] then redis.call('ZADD', T .. ' at:' .. task.n, since, id)
      elseif task.p == 'queued' then redis.call('ZADD', T .. ' queue:' .. task.n, since, id)
      elseif task.p == 'aside' then redis.call('ZADD', T .. ' aside', since, id)
      elseif task.p == 'final' then
        local day = math.floor(tonumber(since) / DAY_MS)
        redis.call('ZADD', archive_key(T, task.n, tonumber(since)), since, id)
        redis.call('ZADD', T .. ' archs', day, whole(day) .. ':' .. task.n)
        redis.call('HDEL', T .. ' sized', whole(day) .. ':' .. task.n)   -- it is measured anew
      end
      if task.u then dues[#dues + 1] = tonumber(task.u); dues[#dues + 1] = id end
      if pointer then redis.call('SET', T .. ' r:' .. (task.r or id), id) end
      if deadline ~= '' then redis.call('HSET', T .. ' carried:' .. bucket_of(id), 'lease ' .. id, deadline) end
      redis.call('SADD', T .. ' incoming:' .. bucket_of(id), id)
      entered[task.n] = (entered[task.n] or 0) + 1
      adopted = adopted + 1
    end
    at = mails_at + mails + 1
  end
  for node, tasks in pairs(entered) do redis.call('HINCRBY', T .. ' cnt', node .. '.i', tasks) end
  set_dues(T, now, dues)
  return adopted
end

register_for_mover('adopt', adopt, {})
