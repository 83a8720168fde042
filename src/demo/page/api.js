/**
 * The calls to the server. A refusal is thrown with the server's own sentence.
 *
 * @param {string} path
 * @param {unknown} [body] - posted as JSON; without it the call is a GET
 * @returns {Promise<any>}
 */
export async function call(path, body) {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, body === undefined ? {} : post);
  const text = await response.text();
  const answer = /^\s*[[{]/.test(text) ? JSON.parse(text) : {};
  if (response.ok) return answer;
  const said = [answer.error, answer.message].find((words) => typeof words === "string");
  throw new Error(said ?? `The server answered ${response.status}.`);
}
