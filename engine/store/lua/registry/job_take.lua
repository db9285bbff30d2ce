-- job_take: lends a job to the holder of a token: it alone works at it.
-- KEYS[1] = '{ns:reg} gate'. ARGV: job id, token, lease ms
-- Reply: 'ok'; 'held' (by another), 'over' (it has ended), 'not_found'
-- If the caller dies: the lease runs out, and another may take it. Twice: 'ok'.

local function job_take(keys, argv)
  local T = tag_of(keys)
  local key, now = T .. ' job:' .. argv[1], real_ms()
  local job = redis.call('HMGET', key, 'state', 'holder', 'until')
  if not job[1] then return 'not_found' end
  if OVER[job[1]] then return 'over' end
  if job[2] and job[2] ~= argv[2] and tonumber(job[3]) > now then return 'held' end
  redis.call('HSET', key, 'state', 'working', 'holder', argv[2], 'until', now + tonumber(argv[3]), 'changed', now)
  redis.call('HDEL', key, 'stop')
  return 'ok'
end

register('job_take', job_take, {'allow-oom'})
