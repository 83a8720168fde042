import { CodedError } from "../errors.ts";

/** Our mark on a name at a target: `bg_` and the six digits of a request's id in lower case, and nothing else. */
const MARK = /^bg_([0-9a-hjkmnp-tv-z]{6})$/;

/**
 * What the principal of a request is called at every target. One request, one name: a retry finds what it began.
 *
 * @param request - the request's id, `BG-7K3M2Q`
 * @returns `bg_7k3m2q`
 * @throws CodedError `INTERNAL` for anything that isn't such an id: nothing may be made that the mark doesn't find again
 */
export function principalName(request: string): string {
  const name = `bg_${request.replace(/^BG-/, "").toLowerCase()}`;
  if (requestOf(name) !== request)
    throw new CodedError("INTERNAL", "A name at a target can only be made of a request's id.");
  return name;
}

/**
 * The other way round.
 *
 * @param name - any name found at a target
 * @returns the request's id, or undefined when the name doesn't carry our mark
 */
export function requestOf(name: string): string | undefined {
  const digits = MARK.exec(name)?.[1];
  return digits === undefined ? undefined : `BG-${digits.toUpperCase()}`;
}
