-- outbox: the oldest effects that nobody has confirmed, to be delivered again.
-- ARGV: how many, at least so many ms old, set aside when over so many ms old
-- Reply: [[out id, age ms, task id, visit, effect id, conv, target, kind, body, blocking, target visit, backup,
--         real ms of this moment], ...]
-- Guarantees: an entry over the limit is never given out again: it is set aside ('late:<out id>'), and so is a task that
-- waits for it.
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
      reply[#reply + 1] = {out_id, whole(age), effect.t, effect.v, effect.e, effect.c, effect.g, effect.k, effect.b,
        effect.x, effect.w, effect.s or '', real}
    end
  end
  return reply
end

register('outbox', outbox, {'allow-oom'})
