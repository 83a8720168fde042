import { element } from "./element.js";
import { icon } from "./icon.js";

/**
 * A square with a person's initials, or the product's mark.
 *
 * @param {{ id: string, name: string, bot: boolean }} who
 */
export function avatar({ id, name, bot }) {
  if (bot) return element("span", { class: "avatar bot", "aria-hidden": true }, icon("mark"));
  const initials = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .join("")
    .slice(0, 2)
    .toUpperCase();
  let hue = 0;
  for (const letter of id) hue = (hue + (letter.codePointAt(0) ?? 0)) % 6;
  return element("span", { class: `avatar hue-${hue}`, "aria-hidden": true }, initials);
}
