/** Whom a key is enrolled with, as WebAuthn calls it: the site, by its name. */
export interface RelyingParty {
  /** The host's name: a key made for it works nowhere else. */
  readonly id: string;
  /** Scheme, host and port of the pages. */
  readonly origin: string;
  readonly name: string;
  /** Where the pages are, ending in a slash. */
  readonly url: string;
}

/** @param publicUrl - `PUBLIC_URL`, where people's browsers reach the pages */
export function relyingParty(publicUrl: string): RelyingParty {
  const { hostname, origin, href } = new URL(publicUrl);
  return { id: hostname, origin, name: "Breakglass", url: href.endsWith("/") ? href : `${href}/` };
}

/** Whether what is shown there crosses the network in the clear: without TLS, and not on this very machine. */
export function isInTheClear(publicUrl: string): boolean {
  const { hostname, protocol } = new URL(publicUrl);
  return (
    protocol !== "https:" && hostname !== "localhost" && !hostname.endsWith(".localhost") && hostname !== "127.0.0.1"
  );
}

/**
 * Why no browser would let a key be used at such an address; undefined when it can.
 * WebAuthn wants a name, not a number, and TLS everywhere but on this very machine (https://www.w3.org/TR/webauthn-3/#rp-id).
 */
export function unfitForKeys(publicUrl: string): string | undefined {
  const { hostname, protocol } = new URL(publicUrl);
  if (/^[\d.]+$|^\[/.test(hostname))
    return `${hostname} is an address and not a name; use localhost, or the host's name`;
  if (protocol !== "https:" && hostname !== "localhost" && !hostname.endsWith(".localhost"))
    return "it does not begin with https://";
  return undefined;
}
