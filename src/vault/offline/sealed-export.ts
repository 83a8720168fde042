import type { KeyObject } from "node:crypto";
import { combine, split } from "shamir-secret-sharing";
import { z } from "zod";
import { CodedError } from "../../errors.ts";
import { clearAccountSchema, openedAccountSchema, type ClearAccount } from "../sealed-accounts.ts";
import { ageIdentity, journalKey, proofOf, publicText, shareHash } from "./offline-keys.ts";
import { invalid, type Share } from "./share-text.ts";

const SECRET_BYTES = 32;
const NAME_BYTES = 4;

const exportedSchema = z.strictObject({
  // It is written to a terminal, and the folder may have been anywhere.
  account: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  generation: z.int(),
  user: z.string(),
  file: z.string().regex(/^[a-z0-9-]+\.age$/),
});
export const manifestSchema = z.strictObject({
  v: z.literal(1),
  /** Its name, which stands on each share's sheet and in it. */
  export: z.string().regex(/^[0-9a-f]{8}$/),
  at: z.iso.datetime(),
  shares: z.int(),
  threshold: z.int().min(2),
  /** Whom the files are encrypted to. */
  recipient: z.string(),
  publicKey: z.string(),
  /** By which each share is known, in the order of their numbers. */
  shareHashes: z.array(z.string()),
  accounts: z.array(exportedSchema),
});

/** What stands in an export beside its files. Nothing of it is secret. */
export type Manifest = z.output<typeof manifestSchema>;

/** An account to be exported, in the clear. */
export interface Exported {
  readonly account: string;
  readonly generation: number;
  readonly clear: ClearAccount;
}

/** What an export consists of. */
export interface SealedExport {
  readonly manifest: Manifest;
  /** The encrypted accounts, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** One for each holder. Together enough of them open the files; they are to be kept apart from them, and from each other. */
  readonly shares: readonly Share[];
}

/**
 * Encrypts accounts to a fresh age identity, and splits that (Shamir's secret sharing over GF(256)).
 *
 * @param options - `at`: epoch milliseconds; `random`: fresh random bytes
 */
export async function makeExport(
  accounts: readonly Exported[],
  options: { shares: number; threshold: number; at: number; random: (bytes: number) => Buffer },
): Promise<SealedExport> {
  const { shares: count, threshold, at, random } = options;
  const { Encrypter, identityToRecipient } = await import("age-encryption");
  const secret = Uint8Array.from(random(SECRET_BYTES));
  const name = random(NAME_BYTES).toString("hex");
  const recipient = await identityToRecipient(ageIdentity(secret));
  const files = new Map<string, Uint8Array>();
  const listed: Manifest["accounts"] = [];
  for (const { account, generation, clear } of accounts) {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const proof = proofOf(secret, name, textOf(account, generation, clear));
    const sealed = await encrypter.encrypt(JSON.stringify({ account, generation, ...clear, proof }));
    const file = `${account}.age`;
    files.set(file, sealed);
    listed.push({ account, generation, user: clear.user, file });
  }
  const shares = (await split(secret, count, threshold)).map((bytes): Share => ({ export: name, bytes, version: 2 }));
  const manifest: Manifest = {
    ...{ v: 1, export: name, at: new Date(at).toISOString(), shares: count, threshold, recipient },
    publicKey: publicText(journalKey(secret, name)),
    shareHashes: shares.map(({ bytes }) => shareHash(bytes)),
    accounts: listed,
  };
  secret.fill(0);
  return { manifest, files, shares };
}

/** What enough shares open. */
export interface Opener {
  /** The numbers of the shares that were given. */
  readonly shares: readonly number[];
  /** Signs what is written of the opening. */
  readonly key: KeyObject;
  /** Opens one of the export's files. @throws `SEAL_BROKEN` */
  open(account: string, file: Uint8Array): Promise<ClearAccount>;
}

/**
 * Puts shares together.
 *
 * @throws `SHARE_INVALID` that says which share is wrong, or how many are missing
 */
export async function joinShares(manifest: Manifest, given: readonly Share[]): Promise<Opener> {
  const numbers = given.map((share, index) => numberOf(manifest, share, index + 1));
  const distinct = [...new Map(numbers.map((number, index) => [number, given[index]])).entries()];
  const { threshold } = manifest;
  if (distinct.length < threshold) {
    const twice = distinct.length < given.length ? " The same share twice counts once." : "";
    const missing = threshold - distinct.length;
    throw invalid(
      `${distinct.length} of the ${threshold} shares that it takes: ${missing === 1 ? "one more is" : `${missing} more are`} needed.${twice}`,
      `Any ${threshold} of the ${manifest.shares} open it.`,
    );
  }
  const { Decrypter, identityToRecipient } = await import("age-encryption");
  const used = distinct.slice(0, threshold).flatMap(([, share]) => (share === undefined ? [] : [share.bytes]));
  const secret = await combine(used);
  const identity = ageIdentity(secret);
  // The sheets say whether there are proofs: the folder can be changed by whoever has it.
  const isProven = given.some(({ version }) => version > 1);
  if ((await identityToRecipient(identity)) !== manifest.recipient)
    throw invalid(
      "These shares do not open this export.",
      "Somebody changed export.json, or the shares are of another one.",
    );
  return {
    shares: distinct.map(([number]) => number).sort((one, other) => one - other),
    key: journalKey(secret, manifest.export),
    open: async (account, file) => {
      const listed = manifest.accounts.find((each) => each.account === account);
      try {
        const decrypter = new Decrypter();
        decrypter.addIdentity(identity);
        const {
          account: inside,
          generation,
          proof,
          ...clear
        } = openedSchema.parse(JSON.parse(await decrypter.decrypt(file, "text")));
        if (inside !== account || generation !== listed?.generation) throw new Error("it is another account's");
        if (!isProven) return clearAccountSchema.parse(clear);
        if (proof !== proofOf(secret, manifest.export, textOf(account, generation, clear)))
          throw new Error("it was not made with the export");
        return clear;
      } catch (cause) {
        throw new CodedError(
          "SEAL_BROKEN",
          `The file of ${account} can't be opened: it was altered, or is of another export.`,
          {
            next: "Is there another copy of the export's folder?",
            cause,
          },
        );
      }
    },
  };
}

const openedSchema = z.strictObject({
  account: z.string(),
  generation: z.int(),
  ...openedAccountSchema.shape,
  proof: z.string().optional(),
});

/** Over all fields in this order. */
function textOf(account: string, generation: number, { user, password, connect, note }: ClearAccount): string {
  return JSON.stringify([account, generation, user, password, connect ?? null, note ?? null]);
}

function numberOf(manifest: Manifest, share: Share, nth: number): number {
  if (share.export !== manifest.export) {
    throw invalid(
      `Share ${nth} of those given is of the export ${share.export}, and this is ${manifest.export}.`,
      "Each export has shares of its own: find the sheets with this one's name, or the folder of the other.",
    );
  }
  const number = manifest.shareHashes.indexOf(shareHash(share.bytes)) + 1;
  if (number > 0) return number;
  throw invalid(
    `Share ${nth} of those given is wrong: it is none of this export's.`,
    "Compare it with its sheet, letter by letter.",
  );
}
