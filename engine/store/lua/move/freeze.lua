-- freeze: buckets are on their way out: nothing of theirs changes but what is under a batch's lease.
-- ARGV: mover, [bucket, ...]
-- Reply: how many of them

local function freeze(T, argv)
  return turn(T, numbers_of(argv[2]), 'o', 'f')
end

register_for_mover('freeze', freeze, {'allow-oom'})
