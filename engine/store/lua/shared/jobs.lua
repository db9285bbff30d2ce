-- Long work on many tasks (engine/app/jobs.py), in the registry's slot.
-- 'jobs' has their ids, scored by when they were planned; 'job:<id>' what each is, and where it stands; 'jobplan:<id>'
-- its tasks, in batches; 'jobrefused:<id>' those that were refused. One may work at a time: the token of its lease
-- fences what is saved.

local JOB_MS = 7 * DAY_MS       -- for how long one that has ended is kept, or one at which nobody works
local PLANNED_MS = 3600000      -- and one that was planned and never started
local MOST_JOBS = 200
local MOST_REFUSED = 10000      -- rows of each that are kept
local OVER = {done = true, failed = true}

local function delete_job(T, id)
  redis.call('DEL', T .. ' job:' .. id, T .. ' jobplan:' .. id, T .. ' jobrefused:' .. id)
  redis.call('ZREM', T .. ' jobs', id)
end

-- Deletes what is kept no longer; of too many, those that ended first. Returns how many there are.
local function prune_jobs(T, now)
  local ids, ended = redis.call('ZRANGE', T .. ' jobs', 0, -1), {}
  local count = #ids
  for _, id in ipairs(ids) do
    local job = redis.call('HMGET', T .. ' job:' .. id, 'state', 'changed', 'until')
    local age = now - (tonumber(job[2]) or 0)
    if (tonumber(job[3]) or 0) > now then age = 0 end
    if not job[1] or age > (job[1] == 'planned' and PLANNED_MS or JOB_MS) then
      delete_job(T, id)
      count = count - 1
    elseif OVER[job[1]] then
      ended[#ended + 1] = id
    end
  end
  for _, id in ipairs(ended) do
    if count < MOST_JOBS then break end
    delete_job(T, id)
    count = count - 1
  end
  return count
end

local JOB_FIELDS = {
  [JOB_ROW.said] = 'said', [JOB_ROW.state] = 'state', [JOB_ROW.cursor] = 'cursor', [JOB_ROW.done] = 'done',
  [JOB_ROW.refused] = 'refused', [JOB_ROW.reasons] = 'reasons', [JOB_ROW.created_ms] = 'created',
  [JOB_ROW.changed_ms] = 'changed', [JOB_ROW.until_ms] = 'until', [JOB_ROW.stop] = 'stop'}

-- Adds the JobRow of a job to a reply, where there is such a job.
local function add_job(T, id, reply)
  local values = redis.call('HMGET', T .. ' job:' .. id, unpack(JOB_FIELDS, 2, JOB_ROW.width))
  if not values[JOB_ROW.state - 1] then return end
  local before = #reply
  reply[before + JOB_ROW.job_id] = id
  for place = 2, JOB_ROW.width do reply[before + place] = values[place - 1] end
end
