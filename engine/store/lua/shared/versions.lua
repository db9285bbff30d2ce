-- The versions of a conv: the hashes 'versions:<conv>' (number -> '<time ms> <head>') and 'sources:<conv>' (number ->
-- source), in the registry's slot. Heads and sources are bytes that no script reads.

-- Writes the version that the arguments after `before` say (VersionRow of engine/store/wire.py), at `now` ms if they
-- name no time.
local function keep_version(T, argv, before, now)
  local conv, number = argv[before + VERSION_ROW.conv_id], argv[before + VERSION_ROW.number]
  local time = argv[before + VERSION_ROW.time_ms]
  if time == '' then time = whole(now) end
  redis.call('HSET', T .. ' versions:' .. conv, number, time .. ' ' .. argv[before + VERSION_ROW.head])
  redis.call('HSET', T .. ' sources:' .. conv, number, argv[before + VERSION_ROW.source])
end

-- Forgets the oldest where there are too many, or too much of them; never the newest.
local function trim_versions(T, conv)
  local versions, sources = T .. ' versions:' .. conv, T .. ' sources:' .. conv
  local numbers = redis.call('HKEYS', versions)
  table.sort(numbers, function(a, b) return tonumber(a) > tonumber(b) end)
  local size = 0
  for place, number in ipairs(numbers) do
    size = size + redis.call('HSTRLEN', sources, number)
    if place > 1 and (place > VERSIONS or size > VERSIONS_BYTES) then
      redis.call('HDEL', versions, number)
      redis.call('HDEL', sources, number)
    end
  end
end

-- Forgets all of them.
local function forget_versions(T, conv)
  redis.call('DEL', T .. ' versions:' .. conv, T .. ' sources:' .. conv)
end
