import { WHOLE } from "./scripts.ts";

/**
 * Stops every append until the chain is whole again, unless another worker recovered it meanwhile.
 *
 * KEYS[1] whole
 * ARGV[1] what it was when the loss was seen
 */
export const CLOSE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`;

/**
 * Writes lost entries again, where they stood.
 *
 * KEYS[1] chain, [2] head, [3] whole, [4] requests, [5] lost
 * ARGV[1] the head before them, [2] the head after them
 * ARGV[3] what the key of a stream's entries begins with, [4] what the key of a person's requests begins with
 * ARGV[5..] for each entry: its stream; if it opens a request, who asked and when (epoch ms), else two empty; its line
 *
 * Output: 1 written; 0 when another worker wrote meanwhile, or the chain is whole
 */
export const REFILL = `${WHOLE}
if whole(KEYS[3]) then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
local seq = tonumber(string.match(ARGV[1], '^%d+') or '0')
redis.call('SETNX', KEYS[5], seq)
for i = 5, #ARGV, 4 do
  seq = seq + 1
  redis.call('XADD', KEYS[1], seq .. '-0', 'e', ARGV[i + 3])
  redis.call('RPUSH', ARGV[3] .. ARGV[i], seq)
  if ARGV[i + 1] ~= '' then
    redis.call('ZADD', KEYS[4], ARGV[i + 2], ARGV[i])
    redis.call('ZADD', ARGV[4] .. ARGV[i + 1], ARGV[i + 2], ARGV[i])
  end
end
redis.call('SET', KEYS[2], ARGV[2])
return 1
`;

/**
 * Writes down which requests want a look and which may be untold, in place of what was there.
 *
 * KEYS[1] due, [2] untold, [3] whole
 * ARGV[1] how many are due, then for each the moment and the id; then for each untold one its newest entry and the id
 *
 * Output: 1 written; 0 when the chain is whole, and others keep these by now
 */
export const REINDEX = `${WHOLE}
if whole(KEYS[3]) then return 0 end
redis.call('DEL', KEYS[1])
local last = 1 + 2 * tonumber(ARGV[1])
for i = 2, last, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
`;

/**
 * Lets appends go on, with the entry that tells of the recovery.
 *
 * KEYS[1] chain, [2] head, [3] whole, [4] entries of the program's own stream, [5] untold, [6] recovered, [7] lost
 * ARGV[1] the head, [2] fresh random text, [3] the head after the entry
 * ARGV[4] the stream's name, [5] the next sequence number, [6] the entry of that number; empty when nothing was lost
 *
 * Output: 1 opened; 0 when the chain is not where we saw it, or another opened it
 */
export const OPEN = `${WHOLE}
if whole(KEYS[3]) then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
if ARGV[6] ~= '' then
  redis.call('XADD', KEYS[1], ARGV[5] .. '-0', 'e', ARGV[6])
  redis.call('RPUSH', KEYS[4], ARGV[5])
  redis.call('ZADD', KEYS[5], ARGV[5], ARGV[4])
  redis.call('SET', KEYS[2], ARGV[3])
end
if ARGV[5] ~= '1' then redis.call('SET', KEYS[6], ARGV[5]) end
redis.call('DEL', KEYS[7])
local of = history()
redis.call('SET', KEYS[3], of == '' and ARGV[2] or ARGV[2] .. ' ' .. of)
return 1
`;

/**
 * Vouches anew for the same chain, so that every process reads again where it ends: also one that saw it end further on.
 *
 * KEYS[1] whole
 * ARGV[1] what it was, [2] fresh random text
 *
 * Output: 1
 */
export const RENEW = `${WHOLE}
if redis.call('GET', KEYS[1]) ~= ARGV[1] or not whole(KEYS[1]) then return 1 end
local of = history()
redis.call('SET', KEYS[1], of == '' and ARGV[2] or ARGV[2] .. ' ' .. of)
return 1
`;
