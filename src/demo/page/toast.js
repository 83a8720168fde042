import { byId, element } from "./element.js";

/**
 * Says for a few seconds what went wrong.
 *
 * @param {string} text
 */
export function toast(text) {
  const line = element("p", {}, text);
  byId("toasts", HTMLElement).append(line);
  setTimeout(() => line.remove(), 8000);
}
