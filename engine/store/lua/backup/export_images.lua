-- export_images: tasks as they were when they were saved before their bucket. Writes nothing.
-- ARGV: from, count
-- Reply: as of export

local function export_images(keys, argv)
  local T = tag_of(keys)
  local reply = {}
  for i, image in ipairs(redis.call('LRANGE', T .. ' images', argv[1], argv[1] + argv[2] - 1)) do
    reply[i] = cmsgpack.unpack(image)
  end
  return reply
end

register('export_images', export_images, {'no-writes'})
