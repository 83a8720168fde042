import type { Connection } from "../connection.ts";

/**
 * Ends a connection together with the copies that BullMQ makes of it to wait on, for good. A copy on which BullMQ 6.7 waited in vain
 * is connected anew by it, even if it was closed meanwhile (mended for 5.x alone: https://github.com/taskforcesh/bullmq/pull/4722);
 * nobody would end it then, and the process would never exit.
 *
 * @param connection - of which no copy was made yet
 * @returns what ends them all, and whatever is copied from one of them afterwards
 */
export function endWithCopies(connection: Connection): () => void {
  const all: Connection[] = [];
  let isOver = false;

  function keep(each: Connection): void {
    const duplicate = each.duplicate.bind(each) as (...how: never[]) => Connection;
    Object.assign(each, {
      duplicate: (...how: never[]): Connection => {
        const copy = duplicate(...how);
        keep(copy);
        return copy;
      },
    });
    all.push(each);
    if (isOver) end(each);
  }

  keep(connection);
  return () => {
    isOver = true;
    for (const each of all) end(each);
  };
}

function end(connection: Connection): void {
  connection.connect = () => Promise.reject(new Error("Connection is closed."));
  connection.disconnect();
}
