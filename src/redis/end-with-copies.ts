import type { Connection } from "../connection.ts";

/**
 * Ends a connection together with the copies that BullMQ makes of it to wait on, for good. A copy on which BullMQ 6.7 waited in vain
 * is connected anew by it, even if it was closed meanwhile (mended for 5.x alone: https://github.com/taskforcesh/bullmq/pull/4722);
 * nobody would end it then, and the process would never exit.
 *
 * @param connection - of which no copy was made yet
 * @returns what ends them all
 */
export function endWithCopies(connection: Connection): () => void {
  const all: Connection[] = [connection];
  const duplicate = connection.duplicate.bind(connection) as (...how: never[]) => Connection;
  Object.assign(connection, {
    duplicate: (...how: never[]): Connection => {
      const copy = duplicate(...how);
      all.push(copy);
      return copy;
    },
  });
  return () => {
    for (const each of all) {
      each.connect = () => Promise.reject(new Error("Connection is closed."));
      each.disconnect();
    }
  };
}
