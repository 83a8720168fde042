import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { KmsConfig } from "../../src/config.ts";

const context = z.strictObject({ purpose: z.string() });
const encrypt = z.strictObject({ KeyId: z.string(), Plaintext: z.base64(), EncryptionContext: context });
const decrypt = z.strictObject({ KeyId: z.string(), CiphertextBlob: z.base64(), EncryptionContext: context });

/**
 * A stand-in for AWS KMS, which refuses what the real one refuses: a signature that isn't right (Signature Version 4), a key that it
 * doesn't have, what it didn't encrypt, and another encryption context than it was encrypted with.
 */
export async function startKms(): Promise<{
  config: KmsConfig;
  calls: string[];
  fail(as?: string): void;
  stop(): void;
}> {
  const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  const master = randomBytes(32);
  const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd";
  const calls: string[] = [];
  let failing: string | undefined;

  const answer = (action: string | undefined, body: unknown): object => {
    if (failing !== undefined) return { __type: failing };
    if (action === "TrentService.Encrypt") {
      const { KeyId, Plaintext, EncryptionContext } = encrypt.parse(body);
      if (KeyId !== key) return { __type: "NotFoundException" };
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", master, nonce).setAAD(Buffer.from(EncryptionContext.purpose));
      const sealed = Buffer.concat([cipher.update(Plaintext, "base64"), cipher.final()]);
      return { CiphertextBlob: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64"), KeyId };
    }
    const { KeyId, CiphertextBlob, EncryptionContext } = decrypt.parse(body);
    if (KeyId !== key) return { __type: "NotFoundException" };
    const blob = Buffer.from(CiphertextBlob, "base64");
    try {
      const decipher = createDecipheriv("aes-256-gcm", master, blob.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(EncryptionContext.purpose)).setAuthTag(blob.subarray(12, 28));
      const plain = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
      return { Plaintext: plain.toString("base64"), KeyId };
    } catch {
      return { __type: "com.amazonaws.kms#InvalidCiphertextException" };
    }
  };

  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const target = request.headers["x-amz-target"];
      const action = Array.isArray(target) ? undefined : target;
      calls.push(action ?? "?");
      const isSigned = request.method === "POST" && signatureOf(request.headers, body, secretAccessKey);
      const said = isSigned ? answer(action, JSON.parse(body)) : { __type: "InvalidSignatureException" };
      response.statusCode = "__type" in said ? 400 : 200;
      response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(said));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    config: {
      ...{ key, region: "eu-central-1", url: `http://127.0.0.1:${port}/` },
      ...{ accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken: undefined },
    },
    calls,
    fail: (as) => (failing = as),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;

/** Whether a call is signed as AWS's documentation has it. */
function signatureOf(headers: NodeJS.Dict<string | string[]>, body: string, secret: string): boolean {
  const [, id, day = "", region = "", names = "", signature] = FORM.exec(String(headers["authorization"])) ?? [];
  const at = String(headers["x-amz-date"]);
  if (id !== "AKIDEXAMPLE" || region !== "eu-central-1" || !at.startsWith(day)) return false;
  if (!["host", "x-amz-date", "x-amz-target"].every((name) => names.split(";").includes(name))) return false;
  const signed = names.split(";").map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const sha = (data: string) => createHash("sha256").update(data).digest("hex");
  const canonical = ["POST", "/", "", signed.join(""), names, sha(body)].join("\n");
  const scope = `${day}/${region}/kms/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", at, scope, sha(canonical)].join("\n");
  const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
  const signingKey = [day, region, "kms", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return createHmac("sha256", signingKey).update(toSign).digest("hex") === signature;
}
