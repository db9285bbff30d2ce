-- job_stop: stops a job after the step that is under way; one that was only planned is deleted.
-- KEYS[1] = '{ns:reg} gate'. ARGV: job id, token of the one who works at it ('': somebody else stops it)
-- Reply: 'stopping' (whoever works at it stops after this step), 'stopped', 'over' (it has ended), 'not_found'
-- If the caller dies: done or not done. Twice: as once.

local function job_stop(keys, argv)
  local T = tag_of(keys)
  local id, now = argv[1], real_ms()
  local key = T .. ' job:' .. id
  local job = redis.call('HMGET', key, 'state', 'holder', 'until')
  if not job[1] then return 'not_found' end
  if OVER[job[1]] then return 'over' end
  if job[1] == 'planned' then
    delete_job(T, id)
    return 'stopped'
  end
  if job[2] and job[2] ~= argv[2] and tonumber(job[3]) > now then
    if argv[2] ~= '' then return 'stopped' end   -- it was lost to another, who goes on
    redis.call('HSET', key, 'stop', '1')
    return 'stopping'
  end
  redis.call('HSET', key, 'state', 'stopped', 'changed', now)
  redis.call('HDEL', key, 'holder', 'until', 'stop')
  return 'stopped'
end

register('job_stop', job_stop, {'allow-oom'})
