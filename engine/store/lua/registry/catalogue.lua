-- catalogue: what is deployed. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: [version, [conv id, record, ...], variables, moves, [conv id, owners, ...], instances], of one moment

local function catalogue(keys, argv)
  local T = tag_of(keys)
  local version = redis.call('HGET', T .. ' meta', 'version')
  local moves = redis.call('HGET', T .. ' meta', 'moves')
  return {version or '0', redis.call('HGETALL', T .. ' convs'), redis.call('GET', T .. ' variables'), moves or '0',
    redis.call('HGETALL', T .. ' owners'), redis.call('GET', T .. ' instances')}
end

register('catalogue', catalogue, {'no-writes'})
