import { AwsClient } from "aws4fetch";
import { z } from "zod";
import type { KmsConfig } from "../config.ts";
import { CodedError } from "../errors.ts";
import type { WrappingKey } from "./vault-keys.ts";

const encrypted = z.object({ CiphertextBlob: z.base64() });
const decrypted = z.object({ Plaintext: z.base64() });
const refusal = z.object({ __type: z.string() });
/** A grant waits for this. */
const LIMIT_MS = 10_000;

/** A key that never leaves AWS KMS: it wraps and unwraps there, and the purpose is its encryption context. */
export function kmsKey(config: KmsConfig): WrappingKey {
  const { key, region, url = `https://kms.${region}.amazonaws.com/`, ...own } = config;
  const { accessKeyId, secretAccessKey, sessionToken } = own;
  const signed = sessionToken === undefined ? {} : { sessionToken };
  const client = new AwsClient({ accessKeyId, secretAccessKey, ...signed, region, service: "kms", retries: 2 });
  const call = async <T>(action: "Encrypt" | "Decrypt", body: object, answer: z.ZodType<T>): Promise<T> => {
    const response = await client
      .fetch(url, {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${action}` },
        body: JSON.stringify({ KeyId: key, ...body }),
        signal: AbortSignal.timeout(LIMIT_MS),
      })
      .catch((cause: unknown) => {
        throw unreachable("it can't be reached", cause);
      });
    const said: unknown = await response.json().catch(() => undefined);
    const parsed = answer.safeParse(said);
    if (response.ok && parsed.success) return parsed.data;
    const why = refusal.safeParse(said).data?.__type.split("#").at(-1) ?? `HTTP ${response.status}`;
    if (WRONG.includes(why)) throw new Error(why);
    throw unreachable(`it answers ${why}`);
  };
  return {
    id: `kms:${key}`,
    wrap: async (dataKey, purpose) => {
      const body = { Plaintext: dataKey.toString("base64"), EncryptionContext: { purpose } };
      return Buffer.from((await call("Encrypt", body, encrypted)).CiphertextBlob, "base64");
    },
    unwrap: async (wrapped, purpose) => {
      const body = { CiphertextBlob: wrapped.toString("base64"), EncryptionContext: { purpose } };
      return Buffer.from((await call("Decrypt", body, decrypted)).Plaintext, "base64");
    },
  };
}

/** What KMS says of something that it never wrapped, or not with this key or for this purpose. */
const WRONG = ["InvalidCiphertextException", "IncorrectKeyException"];

function unreachable(why: string, cause?: unknown): CodedError {
  return new CodedError("VAULT_KEY_UNREACHABLE", `The vault's key in AWS KMS can't be used: ${why}.`, {
    next: "Check VAULT_KMS_KEY, AWS_REGION and the AWS credentials: they need kms:Encrypt and kms:Decrypt on that key.",
    cause,
  });
}
