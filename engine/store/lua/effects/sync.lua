-- sync: a write that says nothing, for WAIT: it waits only for what its own connection wrote, and a call that was made
-- before (an answer was lost) writes nothing. Reply: 1.
-- If the caller dies, or sends it twice: nothing stays.

local function sync(keys)
  local T = tag_of(keys)
  redis.call('SET', T .. ' sync', '', 'PX', 1)
  return 1
end

register('sync', sync, {'allow-oom'})
