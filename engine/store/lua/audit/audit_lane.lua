-- audit_lane: what lies in a lane. Writes nothing.
-- ARGV: lane, how many entries from its end were read before
-- Reply: [id, ...], the newest first; from the end, so that claims from the front skip none

local function audit_lane(keys, argv)
  local T = tag_of(keys)
  local before = tonumber(argv[2])
  return redis.call('LRANGE', T .. ' q:' .. argv[1], -before - 10 * AUDIT_PAGE, -before - 1)
end

register('audit_lane', audit_lane, {'no-writes'})
