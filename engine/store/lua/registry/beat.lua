-- beat: a worker says that it is there, or, with nothing to say, that it has gone.
-- KEYS[1] = '{ns:reg} gate'. ARGV: worker's name, what it says of itself ('' = it has gone)
-- Reply: [1 when effects may be settled: no worker was seen for a day that knows no fence (effects/settle.lua); else 0,
--         1 when this worker leads: it looks after every archive; else 0]
-- A store that older workers have written begins with a day in which nothing is settled. One worker leads until it
-- has gone or was silent for SILENT_MS; then the next that beats does. For a moment two may lead: what they do is safe
-- to do twice.
-- If the caller dies, or sends it twice: the newest word stays, for FORGET_MS.

local FORGET_MS, SILENT_MS = 60000, 5000

-- Whether every worker of the last day fences what it sends. deploy marks a new store; an older one gets the mark here.
local function all_fence(T, now)
  -- Nothing was deployed: nothing to settle.
  if redis.call('HEXISTS', T .. ' meta', 'version') == 0 then return false end
  local state = redis.call('HMGET', T .. ' meta', 'fences', 'unfenced')
  local unfenced = not state[1]
  for _, said in ipairs(redis.call('HVALS', T .. ' workers')) do
    unfenced = unfenced or not string.find(said, '"fences":true', 1, true)
  end
  if unfenced then redis.call('HSET', T .. ' meta', 'fences', '1', 'unfenced', now) end
  return not unfenced and now - (tonumber(state[2]) or 0) > DAY_MS
end

-- Notes when a worker was last seen that reads nothing that is sealed (registry/seal.lua). deploy marks a new store.
local function note_opens(T, now)
  if redis.call('HEXISTS', T .. ' meta', 'version') == 0 then return end
  local is_older = redis.call('HEXISTS', T .. ' meta', 'opens') == 0
  for _, said in ipairs(redis.call('HVALS', T .. ' workers')) do
    is_older = is_older or not string.find(said, '"opens":true', 1, true)
  end
  if is_older then redis.call('HSET', T .. ' meta', 'opens', now) end
end

local function leads(T, name)
  local leader = redis.call('GET', T .. ' leader')
  if leader and leader ~= name then return false end
  redis.call('SET', T .. ' leader', name, 'PX', SILENT_MS)
  return true
end

local function beat(keys, argv)
  local T = tag_of(keys)
  local now = real_ms()
  local old = redis.call('ZRANGE', T .. ' beats', '-inf', now - FORGET_MS, 'BYSCORE', 'LIMIT', 0, 1000)
  if argv[2] == '' then
    old[#old + 1] = argv[1]
    if redis.call('GET', T .. ' leader') == argv[1] then redis.call('DEL', T .. ' leader') end
  else
    redis.call('ZADD', T .. ' beats', now, argv[1])
    redis.call('HSET', T .. ' workers', argv[1], argv[2])
  end
  if #old > 0 then
    redis.call('ZREM', T .. ' beats', unpack(old))
    redis.call('HDEL', T .. ' workers', unpack(old))
  end
  note_opens(T, now)
  return {all_fence(T, now) and 1 or 0, argv[2] ~= '' and leads(T, argv[1]) and 1 or 0}
end

register('beat', beat, {'allow-oom'})
