-- set_effect_aside: takes an entry out of the outbox that cannot be read, and sets aside the task that waits for it.
-- ARGV: out id, reason
-- Reply: 1, or 0 when there is no such entry, or its task is being moved: then it is found again there
-- If the caller dies: done or not done; the sweep of the outbox finds it again. Twice: 0.

local function set_effect_aside(keys, argv)
  local T = tag_of(keys)
  local out_id, reason = argv[1], argv[2]
  if not string.find(out_id, '^%d+%-%d+$') then return redis.error_reply('ERR set_effect_aside: not an outbox id') end
  local entry = redis.call('XRANGE', T .. ' out', out_id, out_id)[1]
  if not entry then return 0 end
  local effect = effect_of(entry)
  if state_of(buckets_of(T), effect.t or '') ~= 'o' then return 0 end
  put_effect_aside(T, clock(T), entry, effect, reason, 'its effect ' .. (effect.e or out_id) .. ' ' .. reason)
  return 1
end

register('set_effect_aside', set_effect_aside, {'allow-oom'})
