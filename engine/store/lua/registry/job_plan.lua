-- job_plan: keeps what is planned: a job, and batches of its tasks.
-- KEYS[1] = '{ns:reg} gate'. ARGV: job id, what it is, the number of the first of these batches from 0, batch, ...
-- Reply: 'ok'; 'full': too many jobs that have not ended; 'other': the plan has other batches, or was started
-- If the caller dies: a plan that is never started goes after an hour. Twice: as once.
-- Refused when memory is full.

local function job_plan(keys, argv)
  local T = tag_of(keys)
  local id, first, now = argv[1], tonumber(argv[3]), real_ms()
  local key, plan_key = T .. ' job:' .. id, T .. ' jobplan:' .. id
  local state = redis.call('HGET', key, 'state')
  if state and state ~= 'planned' then return 'other' end
  if not state and (first ~= 0 or prune_jobs(T, now) >= MOST_JOBS) then return first == 0 and 'full' or 'other' end
  local length, batches = redis.call('LLEN', plan_key), #argv - 3
  if length ~= first and length ~= first + batches then return 'other' end
  redis.call('ZADD', T .. ' jobs', now, id)
  redis.call('HSET', key, 'said', argv[2], 'state', 'planned', 'cursor', '', 'done', 0, 'refused', 0, 'reasons', '',
    'created', now, 'changed', now)
  if length == first and batches > 0 then redis.call('RPUSH', plan_key, unpack(argv, 4)) end
  return 'ok'
end

register('job_plan', job_plan, {})
