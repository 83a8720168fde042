/** Keeps a lock for longer, if it is still its holder's. KEYS[1] the lock; ARGV[1] the holder, [2] for how long (ms). Output: 1, or 0 */
export const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;

/** Lets go of a lock, if it is still its holder's. KEYS[1] the lock; ARGV[1] the holder. Output: 1, or 0 */
export const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
