-- note: an entry of the trail (shared/trail.lua).
-- KEYS[1] = '{ns:reg} gate'. ARGV: its text, the SHA-256 of that
-- Reply: 1
-- If the caller dies: noted or not. Twice: noted once.

local function note(keys, argv)
  local T = tag_of(keys)
  if #argv[2] ~= 32 then return redis.error_reply('ERR note: no SHA-256') end
  if not is_noted(T, argv[1]) then note_trail(T, argv[1], argv[2]) end
  return 1
end

register('note', note, {'allow-oom'})
