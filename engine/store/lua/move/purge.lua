-- purge: tasks whose bucket is elsewhere are forgotten here.
-- ARGV: mover, id, ...
-- Reply: 1

local function purge(T, argv)
  local buckets = buckets_of(T)
  for n = 2, #argv do
    if state_of(buckets, argv[n]) == '-' then forget(T, argv[n]) end
  end
  return 1
end

register_for_mover('purge', purge, {'allow-oom'})
