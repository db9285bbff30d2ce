-- expire: takes back the tasks of leases past their deadline, and says in which lanes tasks are ready.
-- ARGV: how many leases, lane, ...
-- Reply: [how many tasks became ready, 1 if a task is lent or in one of the lanes or an effect waits to be delivered;
--         else 0, those of the lanes in which there are any, ...]
-- Guarantees: the tasks go to the lane 'alone', to be claimed one at a time; an outside call keeps its request. To lose
-- a lease is no attempt. A noted cancel takes effect, a noted delete too.
-- If the caller dies: each lease is taken back whole or not at all.

local function expire(keys, argv)
  local T = tag_of(keys)
  local now, _, real = clock(T)
  local tokens = redis.call('ZRANGE', T .. ' leases', '-inf', real, 'BYSCORE', 'LIMIT', 0, tonumber(argv[1]))
  local freed, buckets = 0, buckets_of(T)
  for _, token in ipairs(tokens) do
    local lanes, kept = {}, false
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' lease:' .. token)) do
      local task = look(T, id)
      if task and task.p == 'calling' and state_of(buckets, id) ~= 'o' then
        kept = true   -- it is being moved with its lease
      elseif task then
        local key = T .. ' t:' .. id
        if task.p == 'calling' then redis.call('ZREM', T .. ' at:' .. task.n, id) end
        if task.w == 'd' then
          task.p = 'leased'
          remove(T, now, id, task)
        else
          local lane = task.w and 'run' or 'alone'
          if task.w then
            answer_taker(T, now, id, task)
            redis.call('HSET', key, 'p', 'ready', 'x', now, 'e', string.sub(task.w, 2))
            redis.call('HDEL', key, 'l', 'f', 'q', 'w', 'a')
            redis.call('SREM', T .. ' noted', id)
          else
            redis.call('HSET', key, 'p', 'ready', 'x', now, 'l', lane)
            redis.call('HDEL', key, 'f')
          end
          lanes[lane] = lanes[lane] or {}
          table.insert(lanes[lane], id)
          freed = freed + 1
        end
      end
    end
    if not kept then
      redis.call('DEL', T .. ' lease:' .. token)
      redis.call('ZREM', T .. ' leases', token)
    end
    for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  end
  local found = {}
  for i = 2, #argv do
    if redis.call('EXISTS', T .. ' q:' .. argv[i]) == 1 then found[#found + 1] = argv[i] end
  end
  local busy = #found > 0 or redis.call('ZCARD', T .. ' leases') > 0 or redis.call('XLEN', T .. ' out') > 0
  return {freed, busy and 1 or 0, unpack(found)}
end

register('expire', expire, {'allow-oom'})
