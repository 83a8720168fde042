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
export const APPEND = `
if redis.call('GET', KEYS[8]) ~= ARGV[8] then return {0, 'whole'} end
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

/**
 * Up to where Redis may have forgotten what chat was told. A server that was started anew, or took over from another, may have
 * lost its last writes though no entry is missing: that is noticed by the run's own id.
 *
 * KEYS[1] head, [2] recovered, [3] server
 *
 * Output: the entry that told of the last recovery, and the newest entry when this run of the server was seen first; 0 for none
 */
export const FORGOTTEN = `
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
local seen = redis.call('GET', KEYS[3]) or ''
if string.match(seen, '^%w*') ~= run or seen == '' then
  local head = string.match(redis.call('GET', KEYS[1]) or '', '^%d+') or '0'
  seen = run .. ' ' .. head
  redis.call('SET', KEYS[3], seen)
end
return {tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(string.match(seen, '%d+$'))}
`;
