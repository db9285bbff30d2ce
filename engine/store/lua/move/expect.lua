-- expect: buckets are on their way in.
-- ARGV: mover, [bucket, ...]
-- Reply: how many of them

local function expect(T, argv)
  return turn(T, numbers_of(argv[2]), '-', 'i')
end

register_for_mover('expect', expect, {'allow-oom'})
