import { CodedError } from "../errors.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Where a Redis is, and what kind of one. */
export type RedisAddress = Login & {
  readonly tls: boolean;
  /** For people: where it is, without user and password. */
  readonly name: string;
} & (
    | { readonly kind: "single"; readonly url: string }
    | {
        readonly kind: "sentinel";
        readonly sentinels: readonly HostPort[];
        /** What the Sentinels call the master. */
        readonly master: string;
        readonly db: number;
        /** Into the Sentinels themselves. */
        readonly sentinelLogin: Login;
      }
    | { readonly kind: "cluster"; readonly nodes: readonly HostPort[] }
  );

const FORMS = [
  "Write it as redis://user:password@host:6379, or rediss:// for TLS;",
  "with Sentinel as redis+sentinel://user:password@host1:26379,host2:26379/mymaster (rediss+sentinel://);",
  "with Cluster as redis+cluster://user:password@host1:6379,host2:6379 (rediss+cluster://).",
  "Characters like @ : / ? # in a password are written with percent signs.",
].join(" ");

const SHAPE = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST_PORT = /^(\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i;

/**
 * Reads a `REDIS_URL`.
 *
 * @param url - `redis://`, `redis+sentinel://` or `redis+cluster://`, each also with `rediss` for TLS
 * @throws `CONFIG_INVALID`, which doesn't repeat it
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [whole, scheme = "", kind = "", login = "", hosts = "", path = "", query = ""] = SHAPE.exec(url) ?? [];
  if (whole === undefined) return parseSingle(url);
  const common = { ...readLogin(login), tls: scheme === "rediss" };
  const name = `${scheme}+${kind}://${hosts}`;
  if (kind === "cluster") {
    if (path !== "" && path !== "0") throw invalid("a Cluster has no numbered databases");
    if (query !== "") throw invalid("a Cluster takes no options");
    return { ...common, name, kind, nodes: readHosts(hosts, 6379) };
  }
  const [master = "", db = "0", ...rest] = path.split("/");
  if (master === "") throw invalid("it does not say which master the Sentinels are to be asked for");
  if (!/^\d{1,4}$/.test(db) || rest.length > 0)
    throw invalid("after the master's name stands a database's number at most");
  return {
    ...common,
    name: `${name}/${master}`,
    kind: "sentinel",
    sentinels: readHosts(hosts, 26379),
    master: decoded(master),
    db: Number(db),
    sentinelLogin: readSentinelLogin(query),
  };
}

function parseSingle(url: string): RedisAddress {
  const { protocol, hostname, host } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "", host: "" };
  if (!["redis:", "rediss:"].includes(protocol) || hostname === "") throw invalid("it can't be read");
  if (hostname.includes(",")) throw invalid("it names several hosts, and not whether they are Sentinels or a Cluster");
  return { kind: "single", url, tls: protocol === "rediss:", name: `${protocol}//${host}` };
}

function readHosts(hosts: string, usual: number): HostPort[] {
  return hosts.split(",").map((each) => {
    const [, host, port = String(usual)] = HOST_PORT.exec(each.trim()) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw invalid("its hosts are not like host1:6379,host2:6379");
    return { host: host.replaceAll(/[[\]]/g, ""), port: Number(port) };
  });
}

function readLogin(text: string): Login {
  if (text === "") return {};
  const colon = text.indexOf(":");
  const [username, password] = colon === -1 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  return {
    ...(username === "" ? {} : { username: decoded(username) }),
    ...(password === "" ? {} : { password: decoded(password) }),
  };
}

function readSentinelLogin(query: string): Login {
  const options = new URLSearchParams(query);
  const unknown = [...options.keys()].filter((key) => !["sentinel_username", "sentinel_password"].includes(key));
  if (unknown.length > 0) throw invalid("it takes no options but sentinel_username and sentinel_password");
  const username = options.get("sentinel_username") ?? undefined;
  const password = options.get("sentinel_password") ?? undefined;
  return { username, password };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("a percent sign in it stands for nothing");
  }
}

function invalid(why: string): CodedError {
  return new CodedError("CONFIG_INVALID", `The address of Redis, REDIS_URL, can't be used: ${why}.`, { next: FORMS });
}
