-- outbox: the oldest effects that nobody has confirmed, to be delivered again.
-- ARGV: how many, at least so many ms old, set aside when over so many ms old
-- Reply: [OutRow, ...] (engine/store/wire.py)
-- Guarantees: an entry over the limit is never given out again: it is set aside ('late:<out id>'), and so is a task
-- that waits for it.
-- If the caller dies: nothing is lost; entries stay until confirmed.

local function outbox(keys, argv)
  local T = tag_of(keys)
  local limit, older, late = tonumber(argv[1]), tonumber(argv[2]), tonumber(argv[3])
  local now, _, real = clock(T)
  local reply, buckets = {}, buckets_of(T)
  for _, entry in ipairs(redis.call('XRANGE', T .. ' out', '-', '+', 'COUNT', limit)) do
    local out_id, effect = entry[1], effect_of(entry)
    local age = now - (tonumber(effect.a) or 0)
    if age > late and state_of(buckets, effect.t or '') == 'o' then
      local reason = 'could not be delivered in time'
      put_effect_aside(T, now, entry, effect, reason, 'its effect ' .. (effect.e or out_id) .. ' ' .. reason)
    elseif age >= older then
      -- An entry that lacks a field ends there, and is found to be unreadable.
      reply[#reply + 1] = {
        [OUT_ROW.out_id] = out_id, [OUT_ROW.age_ms] = whole(age), [OUT_ROW.task_id] = effect.t,
        [OUT_ROW.visit] = effect.v,
        [OUT_ROW.effect_id] = effect.e, [OUT_ROW.conv_id] = effect.c, [OUT_ROW.target] = effect.g,
        [OUT_ROW.kind] = effect.k,
        [OUT_ROW.body] = effect.b, [OUT_ROW.blocking] = effect.x, [OUT_ROW.target_visit] = effect.w,
        [OUT_ROW.backup] = effect.s or '', [OUT_ROW.read_ms] = real}
    end
  end
  return reply
end

register('outbox', outbox, {'allow-oom'})
