import { element } from "./element.js";
import { icon } from "./icon.js";

/**
 * The box in which messages and commands are typed. Enter sends, Shift and Enter start a new line.
 *
 * @param {HTMLElement} root
 * @param {{ label: string, commands?: readonly { text: string, about: string }[], send(text: string): Promise<boolean> }} options
 *   `commands` are offered as soon as a `/` is typed; `send` answers whether it worked, and if it didn't the text stays
 * @returns {{ fill(text: string): void, label(text: string): void }}
 */
export function createComposer(root, { label, commands = [], send }) {
  const box = element("textarea", { rows: 1, "aria-label": label, placeholder: label });
  const button = element(
    "button",
    { class: "send", type: "submit", "aria-label": "Send", disabled: true },
    icon("send"),
  );
  const offers = element("ul", { class: "offers", "aria-label": "Commands", hidden: true });
  const form = element("form", { class: "composer" }, offers, box, button);
  root.append(form);

  function settle() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    button.disabled = box.value.trim() === "";
    const fitting = box.value.startsWith("/") ? commands.filter(({ text }) => text.startsWith(box.value)) : [];
    offers.hidden = fitting.length === 0;
    offers.replaceChildren(
      ...fitting.map(({ text, about }) => {
        const offer = element("button", { type: "button" }, element("code", {}, text), element("span", {}, about));
        offer.addEventListener("click", () => fill(text));
        return element("li", {}, offer);
      }),
    );
  }

  /** @param {string} text */
  function fill(text) {
    box.value = text;
    settle();
    box.focus();
    box.setSelectionRange(text.length, text.length);
  }

  async function submit() {
    const text = box.value.trim();
    if (text === "" || button.disabled) return;
    box.value = "";
    settle();
    if (!(await send(text)) && box.value === "") fill(text);
  }

  box.addEventListener("input", settle);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") offers.hidden = true;
    const [first] = offers.querySelectorAll("button");
    if (event.key === "Tab" && !event.shiftKey && !offers.hidden && first) {
      event.preventDefault();
      first.click();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  return {
    fill,
    label(text) {
      box.setAttribute("aria-label", text);
      box.placeholder = text;
    },
  };
}
