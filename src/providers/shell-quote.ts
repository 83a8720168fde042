/**
 * One argument, so that a POSIX shell reads it as it is. Plain words stay bare, for the eye.
 *
 * @param argument - any text without NUL
 */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
