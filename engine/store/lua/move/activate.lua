-- activate: buckets on their way in are here from now on: ready tasks go into their lanes, calls under their leases,
-- effects into the outbox.
-- ARGV: mover, [bucket, ...]
-- Reply: how many tasks

local function activate(T, argv)
  local set, now = numbers_of(argv[2]), clock(T)
  turn(T, set, 'i', 'o')
  local lanes, count, sent = {}, 0, {}
  for number in pairs(set) do
    local carried = redis.call('HGETALL', T .. ' carried:' .. number)
    local deadlines = {}
    for n = 1, #carried, 2 do
      local out_id = string.match(carried[n], '^out (.*)$')
      if out_id then
        local ms, order = string.match(out_id, '^(%d+)%-(%d+)$')
        sent[#sent + 1] = {
          ms = tonumber(ms), order = tonumber(order), out_id = out_id, fields = cmsgpack.unpack(carried[n + 1])}
      else
        deadlines[string.sub(carried[n], 7)] = carried[n + 1]
      end
    end
    for _, id in ipairs(redis.call('SMEMBERS', T .. ' incoming:' .. number)) do
      local task = look(T, id)
      if task and task.p == 'ready' then
        local lane = task.l or 'run'
        lanes[lane] = lanes[lane] or {}
        table.insert(lanes[lane], id)
      elseif task and task.p == 'calling' then
        redis.call('SADD', T .. ' lease:' .. task.f, id)
        redis.call('ZADD', T .. ' leases', tonumber(deadlines[id]) or 0, task.f)
      end
      count = count + 1
    end
    redis.call('DEL', T .. ' incoming:' .. number, T .. ' carried:' .. number)
  end
  -- The effects of one sender reach one target in their order.
  table.sort(sent, function(a, b) return a.ms < b.ms or (a.ms == b.ms and a.order < b.order) end)
  for _, effect in ipairs(sent) do
    local fields, id = effect.fields, ''
    for n = 1, #fields, 2 do
      if fields[n] == 't' then id = fields[n + 1] end
    end
    local new_id = redis.call('XADD', T .. ' out', '*', unpack(fields))
    if redis.call('HGET', T .. ' t:' .. id, 'o') == effect.out_id then
      redis.call('HSET', T .. ' t:' .. id, 'o', new_id)
    end
  end
  for lane, ids in pairs(lanes) do push_ready(T, lane, ids) end
  local due = next_due(T, now)
  if due then publish(T, 'hint', 'due ' .. whole(now + tonumber(due)) .. ' ' .. due) end
  return count
end

register_for_mover('activate', activate, {'allow-oom'})
