/**
 * A reporter for node's test runner beside the one that people read. Writes `tests 12`, as node counted, and `empty <path>`
 * for each file without a test, which node counts as a test that passed.
 *
 * @param {AsyncIterable<{ type: string, data: { name?: string, file?: string, message?: string } }>} events
 */
export default async function* testsReported(events) {
  for await (const { type, data } of events) {
    if (type === "test:pass" && data.name === data.file) yield `empty ${data.file}\n`;
    if (type === "test:diagnostic" && /^tests \d+$/.test(data.message)) yield `${data.message}\n`;
  }
}
