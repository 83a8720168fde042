/** How long a button says that it copied. */
const SAID_MS = 2_000;

/**
 * Has a button copy a text. Where the browser gives no clipboard (an address without TLS), the text is selected for copying by hand.
 *
 * @param {HTMLButtonElement} button
 * @param {() => string} textOf
 */
export function copyButton(button, textOf) {
  const label = button.textContent ?? "";
  button.addEventListener("click", async () => {
    const isCopied = await navigator.clipboard?.writeText(textOf()).then(
      () => true,
      () => false,
    );
    if (isCopied !== true) select(button.previousElementSibling);
    button.textContent = isCopied === true ? "Copied" : "Press Ctrl+C";
    setTimeout(() => {
      button.textContent = label;
    }, SAID_MS);
  });
}

/** @param {Element | null} element */
function select(element) {
  if (element instanceof HTMLInputElement) {
    element.type = "text";
    element.select();
  } else if (element !== null) {
    getSelection()?.selectAllChildren(element);
  }
}
