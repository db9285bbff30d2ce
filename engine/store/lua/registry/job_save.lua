-- job_save: writes how far a job has come, and who was refused.
-- KEYS[1] = '{ns:reg} gate'. ARGV: job id, token, lease ms, JobSave (engine/store/wire.py), reasons, refused, ...
-- Reply: 'ok'; 'stop': somebody has stopped it, the lease is over; 'lost': another has taken it, and nothing is written
-- Guarantees: only the token fences; nothing is counted twice.
-- If the caller dies: saved or not; whoever takes the job does the step again, which its tasks notice. Twice: as once.

local function job_save(keys, argv)
  local T = tag_of(keys)
  local id, token, save, now = argv[1], argv[2], cmsgpack.unpack(argv[4]), real_ms()
  local key = T .. ' job:' .. id
  local job = redis.call('HMGET', key, 'holder', 'cursor', 'stop', 'saved')
  local words = token .. ' ' .. save[JOB_SAVE.cursor]
  if job[4] and string.sub(job[4], 1, #words + 1) == words .. ' ' then return string.sub(job[4], #words + 2) end
  if job[1] ~= token or job[2] ~= save[JOB_SAVE.seen] then return 'lost' end
  local is_over = save[JOB_SAVE.is_over]
  local answer = not is_over and job[3] and 'stop' or 'ok'
  redis.call('HSET', key, 'cursor', save[JOB_SAVE.cursor], 'done', save[JOB_SAVE.done], 'refused',
    save[JOB_SAVE.refused], 'reasons', argv[5], 'changed', now, 'saved', words .. ' ' .. answer,
    'state', is_over and 'done' or answer == 'stop' and 'stopped' or 'working')
  if is_over then redis.call('DEL', T .. ' jobplan:' .. id) end
  if is_over or answer == 'stop' then redis.call('HDEL', key, 'holder', 'until', 'stop')
  else redis.call('HSET', key, 'until', now + tonumber(argv[3])) end
  local room = MOST_REFUSED - redis.call('LLEN', T .. ' jobrefused:' .. id)
  local last = math.min(#argv, 5 + room)
  if last > 5 then redis.call('RPUSH', T .. ' jobrefused:' .. id, unpack(argv, 6, last)) end
  return answer
end

register('job_save', job_save, {'allow-oom'})
