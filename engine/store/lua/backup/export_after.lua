-- export_after: effects that are not in what was saved of their targets, though they were taken before their bucket was
-- saved. Writes nothing.
-- Reply: their ids

local function export_after(keys)
  local T = tag_of(keys)
  return redis.call('SMEMBERS', T .. ' after')
end

register('export_after', export_after, {'no-writes'})
