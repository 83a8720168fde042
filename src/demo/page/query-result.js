import { element } from "./element.js";

/**
 * What the console's server answers to a query.
 *
 * @typedef {object} Answer
 * @property {string[]} [columns]
 * @property {(string | null)[][]} [rows]
 * @property {number} [rowCount]
 * @property {string} [command]
 * @property {number} [ms]
 * @property {string} [error]
 * @property {string} [code]
 * @property {boolean} [ended]
 */

/** @param {Answer} answer */
function table({ columns = [], rows = [] }) {
  const cell = (/** @type {string | null} */ value) =>
    value === null ? element("td", { class: "null" }, "null") : element("td", {}, value);
  return element(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": "Rows" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell)))),
    ),
  );
}

/** @param {Answer} answer */
function summary({ command = "", rowCount = 0, rows = [], columns = [], ms = 0 }) {
  const count = rowCount === 1 ? "1 row" : `${rowCount} rows`;
  const cut = columns.length > 0 && rowCount > rows.length ? `, the first ${rows.length} shown` : "";
  return `${command} · ${count}${cut} · ${ms} ms`;
}

/**
 * One query and what came of it.
 *
 * @param {string} sql
 * @param {Answer} answer
 */
export function renderResult(sql, answer) {
  const line = element("li", { class: "result" }, element("pre", { class: "sql" }, sql));
  if (answer.error) line.append(element("p", { class: answer.ended ? "detail" : "failed" }, answer.error));
  else {
    if (answer.columns?.length) line.append(table(answer));
    line.append(element("p", { class: "detail" }, summary(answer)));
  }
  return line;
}
