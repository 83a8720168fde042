/** @import { Confirm } from "./types.js" */
/** @import { Names } from "./names.js" */
import { element } from "./element.js";
import { plain } from "./mrkdwn.js";
import { renderText } from "./text-object.js";

/**
 * Asks before a click counts. Escape is a no.
 *
 * @param {Confirm} confirm
 * @param {Names} names
 * @returns {Promise<boolean>}
 */
export function askFirst(confirm, names) {
  return new Promise((resolve) => {
    const dialog = element(
      "dialog",
      { class: "dialog small", "aria-labelledby": "confirm-title" },
      element(
        "form",
        { method: "dialog" },
        element("h2", { id: "confirm-title" }, plain(confirm.title.text)),
        element("p", { class: "dialog-text" }, renderText(confirm.text, names)),
        element(
          "div",
          { class: "dialog-buttons" },
          element("button", { class: "button", value: "no" }, plain(confirm.deny.text)),
          element(
            "button",
            { class: `button ${confirm.style === "danger" ? "danger" : "primary"}`, value: "yes" },
            plain(confirm.confirm.text),
          ),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
