/** Crockford's base32: no I, L, O or U, so that an id survives being read aloud (https://www.crockford.com/base32.html). */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 6;

/**
 * A request's id from random or hashed bytes.
 *
 * @param bytes - at least 6; five bits of each are used
 * @returns for instance `BG-7K3M2Q`
 */
export function requestId(bytes: Uint8Array): string {
  const digits = Array.from(bytes.subarray(0, LENGTH), (byte) => ALPHABET.charAt(byte & 31));
  return `BG-${digits.join("")}`;
}

/**
 * An id as a person may type it: any case, with or without `BG-`, and O, I, L taken for the digits they look like.
 *
 * @returns the id as it is written, or undefined when it can't be one
 */
export function readRequestId(text: string): string | undefined {
  const digits = text.trim().toUpperCase().replace(/^BG-?/, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  return new RegExp(`^[${ALPHABET}]{${LENGTH}}$`).test(digits) ? `BG-${digits}` : undefined;
}
