/**
 * Stands before a script that asks whether the chain is whole. What a worker wrote counts for the history it looked at alone:
 * a Redis that was started again, or took the place of another, may have lost what was acknowledged, and doesn't know it.
 * Where INFO is closed nothing tells histories apart, and what was written counts for all of them.
 */
export const WHOLE = `
local function history()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or ''
end
local function whole(key)
  local word = redis.call('GET', key)
  local of = word and string.match(word, ' (%x+)$')
  if of and #of == 40 and of ~= history() then return false end
  return word
end
`;

/**
 * Where the chain stands.
 *
 * KEYS[1] head, [2] whole
 *
 * Output: the head, or empty; what a worker wrote when it held this history against its mirror, or empty;
 *         whether one did so for another history, 1 or 0
 */
export const STAND = `${WHOLE}
local word = whole(KEYS[2])
return {redis.call('GET', KEYS[1]) or '', word or '', word == false and redis.call('EXISTS', KEYS[2]) or 0}
`;

/**
 * Appends the entries of one decision. It checks first and writes last, so that a refusal changes nothing.
 *
 * KEYS[1] chain, [2] head, [3] due, [4] untold, [5] requests, [6] entries of the stream, [7] the requester's requests, [8] whole
 * ARGV[1] the head the entries were sealed on, `<seq> <hash>`
 * ARGV[2] how many entries the stream must have
 * ARGV[3] how many requests the requester must have, or -1 where it doesn't matter
 * ARGV[4] the stream's name: a request's id, or that of the program's own
 * ARGV[5] when the request wants its next look (epoch ms), `-` for never, empty for a stream that is no request
 * ARGV[6] when the request was opened (epoch ms) if this opens it, else empty
 * ARGV[7] the head after the entries
 * ARGV[8] what `whole` was when the head was read
 * ARGV[9..] the entries, as JSON
 *
 * Output: 1 appended; 0, "whole": the chain was or is being recovered, read the head again;
 *         0, "head", head: another wrote first, seal again;
 *         0, "version", n: the stream moved on, decide again; 0, "person", n: the requester's requests did, decide again
 */
export const APPEND = `${WHOLE}
if whole(KEYS[8]) ~= ARGV[8] then return {0, 'whole'} end
local head = redis.call('GET', KEYS[2]) or ''
local version = redis.call('LLEN', KEYS[6])
if version ~= tonumber(ARGV[2]) then return {0, 'version', version} end
if ARGV[3] ~= '-1' then
  local requests = redis.call('ZCARD', KEYS[7])
  if requests ~= tonumber(ARGV[3]) then return {0, 'person', requests} end
end
if head ~= ARGV[1] then return {0, 'head', head} end
local seq = tonumber(string.match(head, '^%d+') or '0')
for i = 9, #ARGV do
  seq = seq + 1
  redis.call('XADD', KEYS[1], seq .. '-0', 'e', ARGV[i])
  redis.call('RPUSH', KEYS[6], seq)
end
redis.call('SET', KEYS[2], ARGV[7])
if ARGV[5] ~= '' then
  if ARGV[5] == '-' then redis.call('ZREM', KEYS[3], ARGV[4]) else redis.call('ZADD', KEYS[3], ARGV[5], ARGV[4]) end
end
redis.call('ZADD', KEYS[4], seq, ARGV[4])
if ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[5], ARGV[6], ARGV[4])
  redis.call('ZADD', KEYS[7], ARGV[6], ARGV[4])
end
return {1}
`;

/**
 * Reads a stream's entries from a version on, in one step.
 *
 * KEYS[1] chain, [2] entries of the stream
 * ARGV[1] how many of its entries the caller already has
 *
 * Output: the entries, as JSON, in order
 */
export const READ = `
local found = {}
for _, seq in ipairs(redis.call('LRANGE', KEYS[2], ARGV[1], -1)) do
  local entry = redis.call('XRANGE', KEYS[1], seq .. '-0', seq .. '-0')[1]
  if not entry then return redis.error_reply('MISSING entry ' .. seq) end
  found[#found + 1] = entry[2][2]
end
return found
`;

/**
 * Reads a person's requests that were opened since a moment, in one step.
 *
 * KEYS[1] chain, [2] the person's requests
 * ARGV[1] the moment (epoch ms), [2] what the key of a request's entries begins with
 *
 * Output: how many requests they have in all, and of those since then the id and the entries as JSON, the newest last
 */
export const READ_PERSON = `
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], '+inf', 'BYSCORE')) do
  local entries = {}
  for _, seq in ipairs(redis.call('LRANGE', ARGV[2] .. id, 0, -1)) do
    local entry = redis.call('XRANGE', KEYS[1], seq .. '-0', seq .. '-0')[1]
    if not entry then return redis.error_reply('MISSING entry ' .. seq) end
    entries[#entries + 1] = entry[2][2]
  end
  found[#found + 1] = {id, entries}
end
return {redis.call('ZCARD', KEYS[2]), found}
`;

/**
 * Forgets that a request has something untold, unless it moved on meanwhile.
 *
 * KEYS[1] untold
 * ARGV[1] the request's id, [2] the newest entry that was told
 *
 * Output: 1 if nothing is untold now, 0 if there is more
 */
export const TOLD = `
local seq = redis.call('ZSCORE', KEYS[1], ARGV[1])
if seq and tonumber(seq) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
`;
