import { element } from "./element.js";
import { icon } from "./icon.js";

/**
 * A button that copies a text and says that it did.
 *
 * @param {string} label - what is copied, for those who can't see the button's place
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const button = element("button", { class: "icon-button", type: "button", "aria-label": label, title: label });
  const rest = () => button.replaceChildren(icon("copy"));
  rest();
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    button.replaceChildren(icon("check"), element("span", { class: "unseen", role: "status" }, "Copied"));
    setTimeout(rest, 1500);
  });
  return button;
}
