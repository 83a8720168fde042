/**
 * However many ask at once, it is looked once, and all are told what was seen. Nobody is refused: whoever watches the program may come
 * by the same address as whoever floods it.
 *
 * @param look - what each of them asks for
 */
export function oneLook<T>(look: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= look().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
