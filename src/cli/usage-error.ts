/**
 * Commander's words for a wrong call, in this program's form: what is wrong, and a hint.
 *
 * @param said - as commander says it: `error: unknown command 'lst'`, and perhaps `(Did you mean list?)` on a line below
 * @param called - the command whose help explains, `breakglass policy`
 */
export function usageError(said: string, called: string): string {
  const [, meant] = /\(Did you mean (.+)\?\)/.exec(said) ?? [];
  const guess = meant === undefined ? "" : `did you mean ${meant}? `;
  return `${said.split("\n")[0] ?? ""}\nhint: ${guess}${called} --help shows how it is called`;
}
