/**
 * Beside the button for a real key: one for the demo's stand-in, which lives in the demo's process. The page that asks for the key
 * is the real one, and takes from here only what a browser would have given it.
 */
const buttons = document.getElementById("buttons");

/** @param {{ kind: string, options: unknown }} asked */
async function byStandIn(asked) {
  const response = await fetch("../stand-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asked),
    credentials: "omit",
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

if (buttons !== null) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = "Use the demo's stand-in key";
  button.addEventListener("click", () => {
    document.dispatchEvent(new CustomEvent("sign-with", { detail: byStandIn }));
  });
  buttons.append(button);
}
