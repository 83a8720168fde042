/**
 * The whole records of a CSV text as PostgreSQL's log writes it: quotation marks are doubled, and a field may hold newlines.
 *
 * @returns the records, and how many characters they take; what isn't whole yet is left
 */
export function csvRecords(text: string): { readonly records: readonly string[][]; readonly length: number } {
  const records: string[][] = [];
  let record: string[] = [];
  let length = 0;
  let at = 0;
  while (at < text.length) {
    let field = "";
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) return { records, length };
        field += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
        at += 1;
      }
    } else {
      const end = text.slice(at).search(/[,\n]/);
      if (end < 0) return { records, length };
      field = text.slice(at, at + end);
      at += end;
    }
    if (at >= text.length) return { records, length };
    record.push(field);
    const isLast = text[at] === "\n";
    at += 1;
    if (!isLast) continue;
    records.push(record);
    record = [];
    length = at;
  }
  return { records, length };
}
