-- job_list: the jobs, the newest first, or some of them. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'. ARGV: job id, ...: none: all
-- Reply: [real ms, then of each that there is a JobRow, all in one list] (engine/store/wire.py)

local function job_list(keys, argv)
  local T = tag_of(keys)
  local reply = {real_ms()}
  local ids = #argv > 0 and argv or redis.call('ZRANGE', T .. ' jobs', '+inf', '-inf', 'BYSCORE', 'REV')
  for _, id in ipairs(ids) do add_job(T, id, reply) end
  return reply
end

register('job_list', job_list, {'no-writes'})
