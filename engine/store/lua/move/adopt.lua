-- adopt: tasks of buckets that are on their way in.
-- ARGV: mover; then per task: id, '1' for the pointer, deadline or '', number of fields, field, value, ...; then per
--       key of TASK_KEYS the number of its values, and these
-- Reply: how many were not here yet. Refused when memory is full.

local function adopt(T, argv)
  local now, buckets = clock(T), buckets_of(T)
  local at, adopted, entered, dues = 2, 0, {}, {}
  while at <= #argv do
    local id, pointer, deadline, width = argv[at], argv[at + 1] == '1', argv[at + 2], tonumber(argv[at + 3])
    local next_at = at + 4 + width
    if state_of(buckets, id) ~= 'i' then return redis.error_reply('ERR adopt: nothing of this bucket is expected') end
    local is_new = redis.call('EXISTS', T .. ' t:' .. id) == 0
    if is_new then redis.call('HSET', T .. ' t:' .. id, unpack(argv, at + 4, next_at - 1)) end
    for _, name in ipairs(TASK_KEYS) do
      local count = tonumber(argv[next_at])
      if is_new and count > 0 then write_task_key(T, name, id, argv, next_at + 1, next_at + count) end
      next_at = next_at + count + 1
    end
    if is_new then
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
    at = next_at
  end
  for node, tasks in pairs(entered) do shift_total(T, node .. '.i', tasks) end
  set_dues(T, now, dues)
  return adopted
end

register_for_mover('adopt', adopt, {})
