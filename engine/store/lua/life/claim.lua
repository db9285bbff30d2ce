-- claim: lends ready tasks of a lane to a worker.
-- ARGV: lane, count, token, lease ms, '1' for calling (a lease '<token>.<i>' per task, place calling), max attempts,
--       message of [limit, ...] (shared/limits.lua) that calls keep
-- Reply: [now ms, how it is in a lane of calls: 0 it is empty, -1 more wait, or ms until a rate lets more begin; then per task 13 values: id, ref, node, visit, data, meta, event, request, mail or nil, due, attempts,
--         create ms, token or nil (the batch's)]
-- Guarantees: a task is under one lease at most; an entry of the lane whose task is no longer ready there is skipped.
-- From lane 'alone' one task at a time, and each claim counts as an attempt; one that has had its attempts is set aside.
-- If the caller dies: the lease runs out and expire takes the tasks back. If only the answer was lost, the resend finds
-- the token in use and gets the same tasks.

local MAILS = 200   -- of one task at once: a run takes no more

local CLAIM_AT = {r = 1, n = 2, v = 3, d = 4, m = 5, e = 6, q = 7, u = 8, a = 9, c = 10, k = 11, p = 12, l = 13}

-- The fields of a task at their places of CLAIM_AT, false where there is none. All at once: most tasks have few of them,
-- and looking for each that is absent costs more.
local function claim_row(T, id)
  local row = {false, false, false, false, false, false, false, false, false, false, false, false, false}
  local fields = redis.call('HGETALL', T .. ' t:' .. id)
  for i = 1, #fields, 2 do
    local at = CLAIM_AT[fields[i]]
    if at then row[at] = fields[i + 1] end
  end
  return row
end

local function claim(keys, argv)
  local T = tag_of(keys)
  local lane, count, token = argv[1], tonumber(argv[2]), argv[3]
  local lease_ms, calling, max_attempts = tonumber(argv[4]), argv[5] == '1', tonumber(argv[6])
  local now, paused, real = clock(T)
  local reply = {whole(now), 0}
  local ids, rows, tokens, seen, buckets = {}, {}, {}, {}, buckets_of(T)
  local attended = {}   -- positions of tasks at a callback node

  local function take(id, row, own_token)
    local n = #ids + 1
    ids[n], rows[n], tokens[n] = id, row, own_token or false
    if row[11] then attended[#attended + 1] = n end
  end

  -- A resend: this token holds tasks already.
  local held = redis.call('EXISTS', T .. ' lease:' .. (calling and token .. '.0' or token)) == 1
  if held then
    for i = 0, calling and count - 1 or 0 do
      local name = calling and token .. '.' .. i or token
      for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. name)) do
        take(id, claim_row(T, id), calling and name)
      end
    end
  elseif not paused then
    if lane == 'alone' then count = 1 end
    local lane_key = T .. ' q:' .. lane
    local limits, now_us = {}, 0
    if calling and argv[7] then
      limits, now_us = cmsgpack.unpack(argv[7]), real_us()
      count = admitted(T, limits, count, now_us)
    end
    while #ids < count do
      local popped = redis.call('LPOP', lane_key, count - #ids)
      if not popped then break end
      for _, id in ipairs(popped) do
        local row = claim_row(T, id)
        if row[12] == 'ready' and (row[13] or 'run') == lane and not seen[id] then
          seen[id] = true
          local attempts = tonumber(row[9]) or 0
          if lane == 'alone' then attempts = attempts + 1 end
          if state_of(buckets, id) ~= 'o' then
            redis.call('RPUSH', T .. ' put', id)   -- on its way to another partition; back in its lane if it stays
          elseif not row[2] then
            put_aside(T, now, id, {p = 'ready', u = row[8]}, 'its record names no node')
          elseif attempts > max_attempts then
            put_aside(T, now, id, {p = 'ready', u = row[8]}, 'lost its worker ' .. max_attempts .. ' times')
          else
            if lane == 'alone' then row[9] = attempts end
            take(id, row, calling and token .. '.' .. #ids)
          end
        end
      end
    end
    local total = #ids
    if #limits > 0 then
      charge(T, limits, total, now_us)
      if redis.call('EXISTS', lane_key) == 1 then
        local wait = rate_wait_ms(T, limits, now_us)
        reply[2] = wait > 0 and wait or -1
      end
    end
    for i = 1, total do
      local key = T .. ' t:' .. ids[i]
      if calling then
        redis.call('HSET', key, 'p', 'calling', 'f', tokens[i], 'x', now)
        redis.call('SADD', T .. ' lease:' .. tokens[i], ids[i])
        redis.call('ZADD', T .. ' leases', real + lease_ms, tokens[i])
        redis.call('ZADD', T .. ' at:' .. rows[i][2], now, ids[i])
      elseif lane == 'alone' then
        redis.call('HSET', key, 'p', 'leased', 'a', rows[i][9])
      else
        redis.call('HSET', key, 'p', 'leased')
      end
    end
    if total > 0 and not calling then
      redis.call('SADD', T .. ' lease:' .. token, unpack(ids))
      redis.call('ZADD', T .. ' leases', real + lease_ms, token)
    end
  end

  local mails = {}
  if #attended > 0 then
    local mail_keys = {}
    for i, n in ipairs(attended) do mail_keys[i] = T .. ' mail:' .. ids[n] end
    if redis.call('EXISTS', unpack(mail_keys)) > 0 then
      for i, n in ipairs(attended) do mails[n] = redis.call('LRANGE', mail_keys[i], 0, MAILS - 1) end
    end
  end
  local at = 3
  for i = 1, #ids do
    local row = rows[i]
    reply[at] = ids[i]
    for field = 1, 7 do reply[at + field] = row[field] end
    reply[at + 8] = mails[i] or false
    reply[at + 9] = row[8]
    reply[at + 10] = row[9]
    reply[at + 11] = row[10]
    reply[at + 12] = tokens[i]
    at = at + 13
  end
  return reply
end

register('claim', claim, {'allow-oom'})
