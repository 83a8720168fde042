/**
 * A reporter for node's test runner beside the one that people read. Writes `tests 12`, as node counted, and `tested <path>`
 * for each file with a test that ran, and `empty <path>` for each process without one, which node counts as a test that passed.
 *
 * @param {AsyncIterable<{ type: string, data: { name?: string, file?: string, message?: string } }>} events
 */
export default async function* testsReported(events) {
  const tested = new Set();
  for await (const { type, data } of events) {
    if (type === "test:pass" && data.name === data.file) yield `empty ${data.file}\n`;
    const isTest = type === "test:pass" && data.name !== data.file && data.details?.type !== "suite";
    if (isTest && !tested.has(data.file)) {
      tested.add(data.file);
      yield `tested ${data.file}\n`;
    }
    if (type === "test:diagnostic" && /^tests \d+$/.test(data.message)) yield `${data.message}\n`;
  }
}
