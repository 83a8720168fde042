import { CodedError } from "./errors.ts";
import { Secret } from "./secret.ts";

/** A header that whoever receives webhooks wants, to let us in. */
export interface OwnHeader {
  readonly name: string;
  readonly value: Secret;
}

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "::1"];

/** An address that is called over TLS, or on this machine. @throws `CONFIG_INVALID` */
export function webAddress(name: string, url: string): Secret {
  const { protocol = "", hostname = "" } = URL.canParse(url) ? new URL(url) : {};
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK.includes(hostname)))
    throw wrong(`${name} is no https address.`, "http is taken for this machine alone.");
  return new Secret(url);
}

/** What is sent is signed with it. @throws `CONFIG_INVALID` */
export function signingSecret(name: string, secret: string | undefined): Secret {
  if (secret === undefined || !/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(secret))
    throw wrong(
      `${name} is missing or malformed.`,
      'Make one: echo "whsec_$(openssl rand -base64 32)". Whoever receives the webhooks needs the same.',
    );
  return new Secret(secret);
}

/** A header that the receiver wants. @throws `CONFIG_INVALID` */
export function ownHeader(name: string, header: string | undefined): OwnHeader | undefined {
  if (header === undefined) return undefined;
  const [, field, value] = /^([A-Za-z][A-Za-z0-9-]*): *(\S.*)$/.exec(header) ?? [];
  if (field === undefined || value === undefined)
    throw wrong(`${name} is no header.`, "It reads like Authorization: Bearer abc.");
  return { name: field, value: new Secret(value) };
}

function wrong(message: string, next: string): CodedError {
  return new CodedError("CONFIG_INVALID", message, { next });
}
