-- The trail: who did what, in the registry's slot, each entry chained to the one before (engine/rights/trail.py).
--
-- 'trail': a stream; an entry has 't' its text, 'n' its number, 'p' the hash of the entry before it, 'h' its own:
-- SHA-256 of p, of the SHA-256 of the text, and of '<number> <id>'. In the hash 'rights' stand the number ('noted') and
-- the hash ('head') of the last one, so that what is cut off at either end is noticed.

local TRAIL_KEEPS = 100000

-- Appends an entry: its text, which holds something that no other has, and the SHA-256 of that; '' is none. Trims.
local function note_trail(T, text, digest)
  if text == '' then return end
  local last = redis.call('HMGET', T .. ' rights', 'noted', 'head')
  local number, before = whole((tonumber(last[1]) or 0) + 1), last[2] or string.rep('\0', 32)
  local newest = redis.call('XREVRANGE', T .. ' trail', '+', '-', 'COUNT', 1)[1]
  local now, sequence = whole(real_ms()), 0
  if newest then
    -- Never before the last one, though the clock was set back.
    local ms, count = string.match(newest[1], '^(%d+)-(%d+)$')
    if tonumber(ms) >= tonumber(now) then now, sequence = ms, tonumber(count) + 1 end
  end
  local id = now .. '-' .. whole(sequence)
  local hash = sha256(before .. digest .. number .. ' ' .. id)
  redis.call('XADD', T .. ' trail', 'MAXLEN', '~', TRAIL_KEEPS, id, 't', text, 'n', number, 'p', before, 'h', hash)
  redis.call('HSET', T .. ' rights', 'noted', number, 'head', hash)
end

-- Whether one of the last entries has this text: it was sent twice.
local function is_noted(T, text)
  for _, entry in ipairs(redis.call('XREVRANGE', T .. ' trail', '+', '-', 'COUNT', 64)) do
    if entry[2][2] == text then return true end
  end
  return false
end
