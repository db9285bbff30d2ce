-- wipe: deletes keys of a slot.
-- ARGV: name, ... (without the tag)
-- Reply: how many names. If the caller dies: some are deleted. Twice is the same as once.

local function wipe(keys, argv)
  local T = tag_of(keys)
  for _, name in ipairs(argv) do redis.call('UNLINK', T .. ' ' .. name) end
  return #argv
end

register('wipe', wipe, {'allow-oom'})
