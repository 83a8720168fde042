/** What can differ between two of our servers. */
export interface RedisSettings {
  /** Where the append-only file is kept. An absolute path. */
  readonly dir: string;
  readonly port: number;
  readonly password: string;
  /** `always`: an answered write is on disk. `everysec`: up to a second of writes is lost with the machine. */
  readonly appendfsync: "always" | "everysec";
}

/**
 * The configuration file of a private server. It holds the password: write it with mode 0600.
 *
 * @param settings - see {@link RedisSettings}
 */
export function redisConfig(settings: RedisSettings): string {
  const lines = [
    "bind 127.0.0.1",
    `port ${settings.port}`,
    `requirepass ${settings.password}`,
    `dir ${quoted(settings.dir)}`,
    "appendonly yes",
    `appendfsync ${settings.appendfsync}`,
    // After a crash the file may end in half a command. That command was never answered, so nothing promised is cut off,
    // and whatever else is missing is found and refilled from the mirror. Refusing to load would need a person and
    // redis-check-aof, at the moment when everything else is down too.
    "aof-load-truncated yes",
    // The append-only file is the one copy that counts; a snapshot beside it would only cost forks.
    'save ""',
    "maxmemory-policy noeviction",
    // A delayed job is late by up to 1/hz seconds.
    "hz 100",
    "daemonize no",
  ];
  return `${lines.join("\n")}\n`;
}

/** A path as redis.conf reads it: in double quotes, with backslash escapes. */
function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
