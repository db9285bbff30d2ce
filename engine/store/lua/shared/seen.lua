-- What was answered to an effect (deliver, create, modify).
-- Remembered for a day by its id: in 'seen' with the number of the answer; the number 7 says that the answer is in
-- words, in the hash 'answers'. (A 7 without words is a 'same' of the first version of the engine.)

local SEEN_MS = DAY_MS      -- how long a target remembers effect ids

local ANSWERS = {[0] = 'ok', 'ref_taken', 'inactive', 'not_found', 'no_callback', 'duplicate_callback', 'late'}
local NUMBERS = {
  ok = 0, same = 0, ref_taken = 1, inactive = 2, not_found = 3, no_callback = 4, duplicate_callback = 5, late = 6}
local IN_WORDS = 7

-- The score of an effect id that was applied: when, in which bucket (from 0), and the number of the answer (0 to 7).
-- answer 0 and bucket 0 for the least score of a moment.
local function seen_score(ms, name, answer)
  local bucket = name and bucket_of(name) - 1 or 0
  return whole((math.max(0, ms - SEEN_FROM_MS)) * SEEN_STEP + bucket * SEEN_ANSWERS + answer)
end

-- Per effect id its first answer, or false.
local function recall(T, effect_ids)
  local scores, known = redis.call('ZMSCORE', T .. ' seen', unpack(effect_ids)), {}
  for i, score in ipairs(scores) do
    local number = score and tonumber(score) % SEEN_ANSWERS
    if number == IN_WORDS then known[i] = redis.call('HGET', T .. ' answers', effect_ids[i]) or 'ok'
    else known[i] = number and ANSWERS[number] end
  end
  return known
end

-- Adds to `new`, for ZADD, that this effect was applied to the task of this name. words: more than a number can say.
local function remember(T, new, now, effect_id, name, answer, words)
  local number = not words and NUMBERS[answer] or IN_WORDS
  if number == IN_WORDS then redis.call('HSET', T .. ' answers', effect_id, words or answer) end
  new[#new + 1] = seen_score(now, name, number)
  new[#new + 1] = effect_id
end
