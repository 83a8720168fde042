import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export const ISSUER = "https://issuer.acme.test";
const KEY_ID = "stand-in";

/** What stands in a token that Teams sends, and how it is signed. */
export interface TokenParts {
  readonly audience: string;
  readonly serviceUrl: string;
  readonly issuer?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  /** `HS256` takes the published key for a shared secret. */
  readonly algorithm?: "RS256" | "HS256" | "none";
  /** With another key than the one that is published. */
  readonly forged?: boolean;
  /** What else it claims. */
  readonly claims?: object;
}

/** A stand-in for the provider of Bot Framework's keys. */
export interface IdentityProvider {
  /** Bot Framework's settings that lead to it. */
  readonly settings: Readonly<Record<string, string>>;
  token(parts: TokenParts): string;
  close(): Promise<void>;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const published = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...published.publicKey.export({ format: "jwk" }), kid: KEY_ID, use: "sig", endorsements: ["msteams"] };
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const metadata = {
      issuer: ISSUER,
      jwks_uri: `http://127.0.0.1:${port}/keys`,
      id_token_signing_alg_values_supported: ["RS256"],
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/keys" ? { keys: [jwk] } : metadata));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const metadata = `http://127.0.0.1:${port}/metadata`;
  return {
    settings: {
      ToBotFromChannelOpenIdMetadataUrl: metadata,
      ToBotFromChannelTokenIssuer: ISSUER,
      ToBotFromEmulatorOpenIdMetadataUrl: metadata,
      ToChannelFromBotLoginUrl: "https://login.acme.test/botframework.com",
      ToChannelFromBotOAuthScope: "https://api.acme.test",
      OAuthUrl: "https://oauth.acme.test",
      CallerId: "urn:acme",
      ValidateAuthority: "false",
    },
    token: (parts) => tokenOf(parts, parts.forged === true ? other : published),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function tokenOf(
  { audience, serviceUrl, issuer = ISSUER, expiresIn = 600, algorithm = "RS256", claims = {} }: TokenParts,
  keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): string {
  const now = Math.floor(Date.now() / 1_000);
  const always = { iss: issuer, aud: audience, serviceurl: serviceUrl, nbf: now - 1_000, exp: now + expiresIn };
  const encoded = [
    { alg: algorithm, typ: "JWT", kid: KEY_ID },
    { ...always, ...claims },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signed = encoded.join(".");
  const signature = {
    RS256: () => sign("RSA-SHA256", Buffer.from(signed), keys.privateKey).toString("base64url"),
    HS256: () =>
      createHmac("sha256", keys.publicKey.export({ type: "spki", format: "pem" }))
        .update(signed)
        .digest("base64url"),
    none: () => "",
  }[algorithm]();
  return `Bearer ${signed}.${signature}`;
}
