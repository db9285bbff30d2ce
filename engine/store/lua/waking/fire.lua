-- fire: due tasks become ready with the event 'timeout'.
-- ARGV: how many
-- Reply: FireReply (engine/store/wire.py)
-- Guarantees: never early; only a task whose due time is still the one that the index says. A running or about to run
-- task keeps its due time: its commit puts it back (keep due) or drops it. One whose bucket is on its way keeps its
-- timer. An outside call under way loses its lease at once.
-- If the caller dies: each task is fired whole or not at all.

local function fire(keys, argv)
  local T = tag_of(keys)
  local now = clock(T)
  local buckets = buckets_of(T)
  local fired = 0
  local due = redis.call('ZRANGE', T .. ' due', '-inf', now, 'BYSCORE', 'LIMIT', 0, tonumber(argv[1]), 'WITHSCORES')
  for n = 1, #due, 2 do
    local id = due[n]
    local task = look(T, id)
    local stays = state_of(buckets, id) == 'o'
    if stays then redis.call('ZREM', T .. ' due', id) end
    if stays and task and task.u and tonumber(task.u) == tonumber(due[n + 1]) then
      local lane = task.l or 'run'
      if task.p ~= 'leased' and not (task.p == 'ready' and (lane == 'run' or lane == 'alone')) then
        make_ready(T, now, id, task, TIMEOUT, true)
        fired = fired + 1
      end
    end
  end
  return {[FIRE_REPLY.fired] = fired, [FIRE_REPLY.next_in_ms] = next_due(T, now)}
end

register('fire', fire, {'allow-oom'})
