/**
 * A promise, but no longer than a limit. What it stands for is not stopped, only no longer waited for.
 *
 * @param ms - the limit in milliseconds
 * @param late - makes the error to throw when it takes longer
 */
export async function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(late());
    }, ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
