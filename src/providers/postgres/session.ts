import { Socket } from "node:net";
import pg from "pg";
import { clientConfig, type ServerAddress } from "./server-address.ts";
import { targetError } from "./target-error.ts";

/** How to reach a server, for as long as the call may take. */
export interface Reach {
  readonly address: ServerAddress;
  /** Milliseconds until the login must have succeeded. */
  readonly connectTimeout: number;
  readonly signal: AbortSignal;
}

/**
 * Our statements are short. Waiting for a lock makes everyone else wait behind us, in the middle of an incident; and a
 * session of ours that lost its network must not sit on a lock that the next try needs.
 */
const LIMITS = { statement_timeout: 15_000, lock_timeout: 5_000, idle_in_transaction_session_timeout: 10_000 };

/**
 * Opens a connection, works, and closes it. One for each call: a pool would hand out what died in the last outage.
 *
 * @param reach - where, and until when: an abort cuts the connection
 * @param work - what to do; its statements run one after the other
 * @param database - which database, the one of the URL if absent
 * @throws CodedError `TARGET_UNREACHABLE`, `TARGET_REFUSED` or `TARGET_TIMEOUT`
 */
export async function withSession<T>(
  reach: Reach,
  work: (client: pg.Client) => Promise<T>,
  database = reach.address.database,
): Promise<T> {
  const { address, connectTimeout, signal } = reach;
  const socket = new Socket();
  const cut = (): void => void socket.destroy();
  signal.addEventListener("abort", cut, { once: true });
  let connected = false;
  try {
    signal.throwIfAborted();
    const client = new pg.Client({
      ...clientConfig(address, database),
      ...LIMITS,
      // Nothing that a requester put into a schema may run with the admin's powers (CVE-2018-1058).
      options: "-c search_path=pg_catalog",
      application_name: "breakglass",
      connectionTimeoutMillis: connectTimeout,
      stream: () => socket,
    });
    // What breaks an idle connection also fails the next statement, which reports it.
    client.on("error", () => undefined);
    await client.connect();
    connected = true;
    const result = await work(client);
    await client.end();
    return result;
  } catch (thrown) {
    socket.destroy();
    throw targetError(thrown, { connected, aborted: signal.aborted });
  } finally {
    signal.removeEventListener("abort", cut);
  }
}
