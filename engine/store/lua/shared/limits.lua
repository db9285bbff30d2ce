-- Limits of outside calls.
-- limit: a CallLimit (engine/store/wire.py). The hash 'rates' holds per name when the next call would be due if all
-- came evenly (the virtual scheduling of GCRA, ITU-T I.371).

local EARLY_US = 50000   -- so much of a rate may come at once, to make up for claims that came late

local function real_us()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- How many outside calls of these nodes are under way; `enough` or more is not counted further.
local function calling_in(T, nodes, enough)
  local listed = 0
  for _, node in ipairs(nodes) do listed = listed + redis.call('ZCARD', T .. ' at:' .. node) end
  if listed < enough then return listed end
  -- A node that was of another kind until a deploy may list tasks that rest in it: they are the older ones.
  local calling = 0
  for _, node in ipairs(nodes) do
    for _, id in ipairs(redis.call('ZRANGE', T .. ' at:' .. node, 0, enough - 1, 'REV')) do
      if redis.call('HGET', T .. ' t:' .. id, 'p') == 'calling' then calling = calling + 1 end
    end
  end
  return calling
end

local function next_due_us(T, limit, now_us)
  local due = tonumber(redis.call('HGET', T .. ' rates', limit[CALL_LIMIT.name])) or 0
  -- What was not used is lost; and never further off than one call leaves it, should the clock have been set back.
  return math.max(now_us, math.min(due, now_us + EARLY_US + limit[CALL_LIMIT.interval_us]))
end

-- How many of `wanted` calls may begin now.
local function admitted(T, limits, wanted, now_us)
  for _, limit in ipairs(limits) do
    local at_once = limit[CALL_LIMIT.at_once]
    if at_once > 0 then wanted = math.min(wanted, at_once - calling_in(T, limit[CALL_LIMIT.nodes], at_once)) end
    if limit[CALL_LIMIT.interval_us] > 0 then
      local early = now_us + EARLY_US - next_due_us(T, limit, now_us)
      wanted = math.min(wanted, math.floor(early / limit[CALL_LIMIT.interval_us]) + 1)
    end
  end
  return math.max(0, wanted)
end

-- Notes that `count` calls have begun.
local function charge(T, limits, count, now_us)
  for _, limit in ipairs(limits) do
    if limit[CALL_LIMIT.interval_us] > 0 and count > 0 then
      local due = next_due_us(T, limit, now_us) + count * limit[CALL_LIMIT.interval_us]
      redis.call('HSET', T .. ' rates', limit[CALL_LIMIT.name], whole(due))
    end
  end
end

-- How many ms until the rates let the next call begin.
local function rate_wait_ms(T, limits, now_us)
  local wait = 0
  for _, limit in ipairs(limits) do
    if limit[CALL_LIMIT.interval_us] > 0 then
      wait = math.max(wait, next_due_us(T, limit, now_us) - EARLY_US - now_us)
    end
  end
  return math.ceil(wait / 1000)
end
