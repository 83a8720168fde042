/**
 * Brings a container in line with a list, and touches only what changed: a button keeps its focus, and a menu stays
 * open, while other lines come and go.
 *
 * @template T
 * @param {Element} container
 * @param {readonly T[]} items
 * @param {{ key(item: T): string, signature(item: T): string, draw(item: T): HTMLElement }} how
 *   `signature` changes whenever the item must be drawn anew
 */
export function drawList(container, items, { key, signature, draw }) {
  const old = new Map([...container.children].map((child) => [child.getAttribute("data-key"), child]));
  /** @type {Element | null} */
  let before = container.firstElementChild;
  for (const item of items) {
    const [id, sign] = [key(item), signature(item)];
    let line = old.get(id);
    old.delete(id);
    if (!line || line.getAttribute("data-signature") !== sign) {
      const fresh = draw(item);
      fresh.setAttribute("data-key", id);
      fresh.setAttribute("data-signature", sign);
      if (line === before) before = line?.nextElementSibling ?? null;
      if (line) line.replaceWith(fresh);
      line = fresh;
    }
    if (line === before) before = line.nextElementSibling;
    else container.insertBefore(line, before);
  }
  for (const gone of old.values()) gone.remove();
}
