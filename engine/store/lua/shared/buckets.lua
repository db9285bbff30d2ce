-- Buckets (store rule 12).
-- The string 'buckets' says in one letter for each of the 1024: 'o' it is here; 'f' frozen, on its way out; 'i' on its
-- way in; '-' it is elsewhere. Without the string the conv was never repartitioned, and whatever is sent here belongs
-- here.

local function crc16(text)
  local crc = 0
  for i = 1, #text do
    crc = bit.bxor(crc, bit.lshift(string.byte(text, i), 8))
    for _ = 1, 8 do
      local carry = bit.band(crc, 0x8000) ~= 0
      crc = bit.band(bit.lshift(crc, 1), 0xffff)
      if carry then crc = bit.bxor(crc, 0x1021) end
    end
  end
  return crc
end

-- The bucket of a ref or id, from 1 (engine/store/ids.py).
local function bucket_of(name)
  if #name == 24 and not string.find(name, '[^0-9a-f]') then
    return tonumber(string.sub(name, 9, 12), 16) % BUCKETS + 1
  end
  return crc16(name) % BUCKETS + 1
end

-- buckets: the string, or false.
local function state_of(buckets, name)
  if not buckets then return 'o' end
  local number = bucket_of(name)
  return string.sub(buckets, number, number)
end

local function buckets_of(T)
  return redis.call('GET', T .. ' buckets')
end

local function elsewhere(name)
  return redis.error_reply('ELSEWHERE the bucket of ' .. name .. ' has moved, or is moving')
end
