-- A task as read and listing show it.

local ROW_FIELDS = {'r', 'n', 'p', 'v', 'd', 'm', 'l', 'u', 'a', 'c', 'x', 'y', 'w', 'b', 'g'}

local function row_of(T, id)
  local values = redis.call('HMGET', T .. ' t:' .. id, unpack(ROW_FIELDS))
  if not values[3] then return false end
  return {id, unpack(values, 1, #ROW_FIELDS)}
end
