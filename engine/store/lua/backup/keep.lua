-- keep: a backup begins to be made, or is made (shared/backup.lua).
-- ARGV: mover, name of the backup, or '' when it is made
-- Reply: 1

local function keep(T, argv)
  redis.call('DEL', T .. ' kept', T .. ' images', T .. ' imaged', T .. ' after', T .. ' saved')
  if argv[2] == '' then redis.call('HDEL', T .. ' meta', 'keep')
  else
    redis.call('HSET', T .. ' meta', 'keep', argv[2])
    redis.call('SET', T .. ' saved', string.rep('0', BUCKETS))
  end
  return 1
end

register_for_mover('keep', keep, {'allow-oom'})
