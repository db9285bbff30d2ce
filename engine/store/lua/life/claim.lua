-- claim: lends ready tasks of a lane to a worker.
-- ARGV: lane, count, token, lease ms, '1' for calling (a lease '<token>.<i>' per task, place calling), max attempts,
--       message of [CallLimit, ...] that calls keep
-- Reply: a ClaimHead, and then a ClaimedRow per task, all in one list (engine/store/wire.py)
-- Guarantees: a task is under one lease at most; an entry of the lane whose task is no longer ready there is skipped.
-- From lane 'alone' one task at a time, and each claim counts as an attempt; one that has had its attempts is set
-- aside.
-- If the caller dies: the lease runs out and expire takes the tasks back. If only the answer was lost, the resend finds
-- the token in use and gets the same tasks.

local MAILS = 200   -- of one task at once: a run takes no more

-- Where each field of the record stands in a task's row: at the place where the reply has it, or behind all that it
-- has.
local AT_CALLBACK, PLACE, LANE = CLAIMED_ROW.width + 1, CLAIMED_ROW.width + 2, CLAIMED_ROW.width + 3
local CLAIM_AT = {
  r = CLAIMED_ROW.ref, n = CLAIMED_ROW.node, v = CLAIMED_ROW.visit, d = CLAIMED_ROW.data, m = CLAIMED_ROW.meta,
  e = CLAIMED_ROW.event, q = CLAIMED_ROW.request, u = CLAIMED_ROW.due_ms, a = CLAIMED_ROW.attempts,
  c = CLAIMED_ROW.create_ms, k = AT_CALLBACK, p = PLACE, l = LANE}

local NOTHING_YET = {}
for place = 1, LANE do NOTHING_YET[place] = false end

-- A task's row, false where there is nothing. All fields at once: most tasks have few of them, and looking for each
-- that is absent costs more.
local function claim_row(T, id)
  local row = {unpack(NOTHING_YET)}
  row[CLAIMED_ROW.task_id] = id
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
  local reply = {[CLAIM_HEAD.now_ms] = whole(now), [CLAIM_HEAD.wait] = 0}
  local ids, rows, seen, buckets = {}, {}, {}, buckets_of(T)
  local attended = {}   -- numbers of tasks at a callback node

  local function take(id, row, own_token)
    local n = #ids + 1
    ids[n], rows[n] = id, row
    row[CLAIMED_ROW.token] = own_token or false
    if row[AT_CALLBACK] then attended[#attended + 1] = n end
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
        if row[PLACE] == 'ready' and (row[LANE] or 'run') == lane and not seen[id] then
          seen[id] = true
          local attempts = tonumber(row[CLAIMED_ROW.attempts]) or 0
          if lane == 'alone' then attempts = attempts + 1 end
          if state_of(buckets, id) ~= 'o' then
            redis.call('RPUSH', T .. ' put', id)   -- on its way to another partition; back in its lane if it stays
          elseif not row[CLAIMED_ROW.node] then
            put_aside(T, now, id, {p = 'ready', u = row[CLAIMED_ROW.due_ms]}, 'its record names no node')
          elseif attempts > max_attempts then
            local why = 'lost its worker ' .. max_attempts .. ' times'
            put_aside(T, now, id, {p = 'ready', u = row[CLAIMED_ROW.due_ms]}, why)
          else
            if lane == 'alone' then row[CLAIMED_ROW.attempts] = attempts end
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
        reply[CLAIM_HEAD.wait] = wait > 0 and wait or -1
      end
    end
    for i = 1, total do
      local key, row = T .. ' t:' .. ids[i], rows[i]
      if calling then
        local own_token = row[CLAIMED_ROW.token]
        redis.call('HSET', key, 'p', 'calling', 'f', own_token, 'x', now)
        redis.call('SADD', T .. ' lease:' .. own_token, ids[i])
        redis.call('ZADD', T .. ' leases', real + lease_ms, own_token)
        redis.call('ZADD', T .. ' at:' .. row[CLAIMED_ROW.node], now, ids[i])
      elseif lane == 'alone' then
        redis.call('HSET', key, 'p', 'leased', 'a', row[CLAIMED_ROW.attempts])
      else
        redis.call('HSET', key, 'p', 'leased')
      end
    end
    if total > 0 and not calling then
      redis.call('SADD', T .. ' lease:' .. token, unpack(ids))
      redis.call('ZADD', T .. ' leases', real + lease_ms, token)
    end
  end

  if #attended > 0 then
    local mail_keys = {}
    for i, n in ipairs(attended) do mail_keys[i] = T .. ' mail:' .. ids[n] end
    if redis.call('EXISTS', unpack(mail_keys)) > 0 then
      for i, n in ipairs(attended) do rows[n][CLAIMED_ROW.mail] = redis.call('LRANGE', mail_keys[i], 0, MAILS - 1) end
    end
  end
  local before = CLAIM_HEAD.width
  for _, row in ipairs(rows) do
    for place = 1, CLAIMED_ROW.width do reply[before + place] = row[place] end
    before = before + CLAIMED_ROW.width
  end
  return reply
end

register('claim', claim, {'allow-oom'})
