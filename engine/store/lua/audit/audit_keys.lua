-- audit_keys: what is not so about some keys of a partition. Writes nothing.
-- ARGV: '1' to look closely, how old an effect may be in ms; then names of keys, without the tag
-- Reply: KeysReply (engine/store/wire.py)

local function audit_keys(keys, argv)
  local T = tag_of(keys)
  local leased = argv[1] == '1' and lease_members(T) or nil
  local now = clock(T)
  local found, open, waits = {}, {}, {}
  for n = 3, #argv do
    local lane = check_key(T, argv[n], leased, tonumber(argv[2]), now, found, waits)
    if lane then open[#open + 1] = string.sub(argv[n], 3); open[#open + 1] = lane end
  end
  return {[KEYS_REPLY.findings] = found, [KEYS_REPLY.open] = open, [KEYS_REPLY.waits] = waits}
end

register('audit_keys', audit_keys, {'no-writes'})
