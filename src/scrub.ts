/** Shapes of secrets that must not reach a log, whatever code put them there. The last is a password inside a URL. */
const SECRETS = [
  /\bxox[a-z]-[\w-]+/g,
  /\bxapp-[\w-]+/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(?<=:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/g,
];

/**
 * Replaces whatever looks like a secret.
 *
 * @param text - any text on its way out
 */
export function scrub(text: string): string {
  return SECRETS.reduce((clean, shape) => clean.replace(shape, "[redacted]"), text);
}
