-- catalogue: what is deployed. Writes nothing.
-- KEYS[1] = '{ns:reg} gate'
-- Reply: CatalogueReply (engine/store/wire.py), of one moment

local function catalogue(keys, argv)
  local T = tag_of(keys)
  local version = redis.call('HGET', T .. ' meta', 'version')
  local moves = redis.call('HGET', T .. ' meta', 'moves')
  local seal = redis.call('HMGET', T .. ' meta', 'seal', 'seals')
  return {
    [CATALOGUE_REPLY.version] = version or '0', [CATALOGUE_REPLY.convs] = redis.call('HGETALL', T .. ' convs'),
    [CATALOGUE_REPLY.variables] = redis.call('GET', T .. ' variables'), [CATALOGUE_REPLY.moves] = moves or '0',
    [CATALOGUE_REPLY.owners] = redis.call('HGETALL', T .. ' owners'),
    [CATALOGUE_REPLY.instances] = redis.call('GET', T .. ' instances'),
    [CATALOGUE_REPLY.seal] = seal[1], [CATALOGUE_REPLY.seals] = tonumber(seal[2]) or 0}
end

register('catalogue', catalogue, {'no-writes'})
