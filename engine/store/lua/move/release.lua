-- release: frozen buckets are elsewhere.
-- ARGV: mover, [bucket, ...]
-- Reply: how many of them

local function release(T, argv)
  return turn(T, numbers_of(argv[2]), 'f', '-')
end

register_for_mover('release', release, {'allow-oom'})
