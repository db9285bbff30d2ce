-- export_born: tasks created since the partition was armed. Writes nothing.
-- Reply: their ids

local function export_born(keys)
  local T = tag_of(keys)
  return redis.call('SMEMBERS', T .. ' born')
end

register('export_born', export_born, {'no-writes'})
