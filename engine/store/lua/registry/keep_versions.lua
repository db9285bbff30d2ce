-- keep_versions: writes versions that come from a backup.
-- KEYS[1] = '{ns:reg} gate'. ARGV: per version a VersionRow (engine/store/wire.py), one after another
-- Reply: how many
-- If the caller dies: all or none of them are there; nobody sees them before their conv is deployed. Twice is the same
-- as once. Refused when memory is full.

local function keep_versions(keys, argv)
  local T = tag_of(keys)
  if #argv % VERSION_ROW.width ~= 0 then return redis.error_reply('ERR keep_versions: wrong number of arguments') end
  for before = 0, #argv - 1, VERSION_ROW.width do keep_version(T, argv, before, real_ms()) end
  return #argv / VERSION_ROW.width
end

register('keep_versions', keep_versions, {})
