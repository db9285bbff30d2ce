-- restoring: whether a restore is under way.
-- KEYS[1] = '{ns:reg} gate'. ARGV: '1', '' or nothing: whether it is from now on, or only to ask
-- Reply: whether one was
-- If the caller dies: marked or not; twice is the same as once.

local function restoring(keys, argv)
  local T = tag_of(keys)
  local was = redis.call('EXISTS', T .. ' restoring')
  if argv[1] == '1' then redis.call('SET', T .. ' restoring', '1')
  elseif argv[1] == '' then redis.call('DEL', T .. ' restoring') end
  return was
end

register('restoring', restoring, {})
