-- job_batch: a batch of the tasks of a job, or who was refused. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: job id, 'plan' or 'refused', first, how many
-- Reply: [entry, ...]

local function job_batch(keys, argv)
  local T = tag_of(keys)
  local first, last = tonumber(argv[3]), tonumber(argv[3]) + tonumber(argv[4]) - 1
  if argv[2] == 'plan' then return redis.call('LRANGE', T .. ' jobplan:' .. argv[1], first, last) end
  return redis.call('LRANGE', T .. ' jobrefused:' .. argv[1], first, last)
end

register('job_batch', job_batch, {'no-writes'})
