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
 * Appends the entries of several decisions, of each all or none. It checks each first and writes it last, so that a refusal
 * changes nothing; what was sealed on one that is refused is refused with it.
 *
 * KEYS[1] chain, [2] head, [3] due, [4] untold, [5] requests, [6] whole
 * ARGV[1] the head the first was sealed on, `<seq> <hash>`; each other was on the one before it
 * ARGV[2] what `whole` was when the head was read
 * ARGV[3] what the key of a stream's entries begins with, [4] what the key of a person's requests begins with
 * ARGV[5..] for each decision:
 *   the stream's name: a request's id, or that of the program's own
 *   how many entries the stream must have
 *   the requester
 *   how many requests the requester must have, or -1 where it doesn't matter
 *   when the request wants its next look (epoch ms), `-` for never, empty for a stream that is no request
 *   when the request was opened (epoch ms) if this opens it, else empty
 *   the head after its entries
 *   how many entries
 *   how many other streams it was decided on
 *   each entry, as JSON
 *   of each of those streams its name, and how many entries it must have
 *
 * Output: the head afterwards, and for each decision "appended"; "whole": the chain was or is being recovered, read the head again;
 *         "head": another wrote first, seal again; "version": the stream moved on, decide again;
 *         "person": the requester's requests did, or another stream that it was decided on: decide again
 */
export const APPEND = `${WHOLE}
local vouched = whole(KEYS[6]) == ARGV[2]
local head = redis.call('GET', KEYS[2]) or ''
local seq = tonumber(string.match(head, '^%d+') or '0')
local sealed = ARGV[1]
local function refused(stream, version, person, requests, held, past)
  if not vouched then return 'whole' end
  if redis.call('LLEN', stream) ~= tonumber(version) then return 'version' end
  if requests ~= '-1' and redis.call('ZCARD', person) ~= tonumber(requests) then return 'person' end
  for n = held, past - 1, 2 do
    if redis.call('LLEN', ARGV[3] .. ARGV[n]) ~= tonumber(ARGV[n + 1]) then return 'person' end
  end
  if head ~= sealed then return 'head' end
end
local answers = {}
local i = 5
while i <= #ARGV do
  local id, look, opened, after = ARGV[i], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6]
  local stream, person = ARGV[3] .. id, ARGV[4] .. ARGV[i + 2]
  local first = i + 9
  local held = first + tonumber(ARGV[i + 7])
  local past = held + 2 * tonumber(ARGV[i + 8])
  local why = refused(stream, ARGV[i + 1], person, ARGV[i + 3], held, past)
  i = past
  if not why then
    for n = first, held - 1 do
      seq = seq + 1
      redis.call('XADD', KEYS[1], seq .. '-0', 'e', ARGV[n])
      redis.call('RPUSH', stream, seq)
    end
    redis.call('SET', KEYS[2], after)
    head = after
    if look == '-' then redis.call('ZREM', KEYS[3], id) elseif look ~= '' then redis.call('ZADD', KEYS[3], look, id) end
    redis.call('ZADD', KEYS[4], seq, id)
    if opened ~= '' then
      redis.call('ZADD', KEYS[5], opened, id)
      redis.call('ZADD', person, opened, id)
    end
  end
  answers[#answers + 1] = why or 'appended'
  sealed = after
end
return {head, answers}
`;

/** Stands before a script that reads a stream's entries from a version on, as JSON, in order. */
const ENTRIES = `
local function entries(chain, stream, from)
  local found = {}
  for _, seq in ipairs(redis.call('LRANGE', stream, from, -1)) do
    local entry = redis.call('XRANGE', chain, seq .. '-0', seq .. '-0')[1]
    if not entry then error('MISSING entry ' .. seq) end
    found[#found + 1] = entry[2][2]
  end
  return found
end
`;

/**
 * Reads a stream's entries from a version on, in one step.
 *
 * KEYS[1] chain, [2] entries of the stream
 * ARGV[1] how many of its entries the caller already has
 *
 * Output: the entries, as JSON, in order
 */
export const READ = `${ENTRIES}
return entries(KEYS[1], KEYS[2], ARGV[1])
`;

/**
 * Reads a stream's entries, and what stands beside the chain in a hash, in one step: between two reads Redis may be emptied, and the
 * hash be forgotten without a sign.
 *
 * KEYS[1] chain, [2] entries of the stream, [3] whole, [4] recovered, [5] the hash
 *
 * Output: the first entry since the last recovery, or 0; the entries, as JSON, in order; the hash's names and values in turns.
 *         Nil while no worker vouches for it that all is there.
 */
export const READ_BESIDE = `${WHOLE}${ENTRIES}
if not whole(KEYS[3]) then return false end
return {redis.call('GET', KEYS[4]) or '0', entries(KEYS[1], KEYS[2], 0), redis.call('HGETALL', KEYS[5])}
`;

/**
 * Reads a person's requests that were opened since a moment, in one step.
 *
 * KEYS[1] chain, [2] the person's requests
 * ARGV[1] the moment (epoch ms), [2] what the key of a request's entries begins with
 *
 * Output: how many requests they have in all, and of those since then the id and the entries as JSON, the newest last
 */
export const READ_PERSON = `${ENTRIES}
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], '+inf', 'BYSCORE')) do
  found[#found + 1] = {id, entries(KEYS[1], ARGV[2] .. id, 0)}
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
