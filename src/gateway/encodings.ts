/** Postgres's names of client encodings, as the platform calls them (PostgreSQL, Table 24.3). */
const NAMES: Readonly<Record<string, string>> = {
  UTF8: "utf-8",
  SQL_ASCII: "utf-8",
  LATIN1: "iso-8859-1",
  LATIN2: "iso-8859-2",
  LATIN3: "iso-8859-3",
  LATIN4: "iso-8859-4",
  LATIN5: "iso-8859-9",
  LATIN6: "iso-8859-10",
  LATIN7: "iso-8859-13",
  LATIN8: "iso-8859-14",
  LATIN9: "iso-8859-15",
  LATIN10: "iso-8859-16",
  ISO_8859_5: "iso-8859-5",
  ISO_8859_6: "iso-8859-6",
  ISO_8859_7: "iso-8859-7",
  ISO_8859_8: "iso-8859-8",
  KOI8R: "koi8-r",
  KOI8U: "koi8-u",
  WIN866: "ibm866",
  WIN874: "windows-874",
  EUC_JP: "euc-jp",
  SJIS: "shift_jis",
  EUC_KR: "euc-kr",
  UHC: "euc-kr",
  BIG5: "big5",
  GBK: "gbk",
  GB18030: "gb18030",
  EUC_CN: "gbk",
};

/**
 * What reads the text of a session in its `client_encoding`. What can't be read stands there as U+FFFD; of an encoding that isn't known
 * here, what is not ASCII reads as if it were LATIN1, so that nothing of it is lost.
 *
 * @param encoding - as the server calls it
 */
export function decoderOf(encoding: string): (bytes: Buffer) => string {
  const windows = /^WIN(125\d)$/.exec(encoding)?.[1];
  const name = NAMES[encoding] ?? (windows === undefined ? "iso-8859-1" : `windows-${windows}`);
  if (name === "utf-8") return (bytes) => bytes.toString("utf8");
  const decoder = new TextDecoder(name);
  return (bytes) => decoder.decode(bytes);
}
