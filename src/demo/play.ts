import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { createReadStream } from "node:fs";
import { linesIn } from "../ledger/lines.ts";
import { mirrorPath } from "../ledger/mirror.ts";
import { verify } from "../ledger/verify.ts";
import { CredentialPage } from "./open-credential.ts";
import type { Message } from "./slack/workspace/message.ts";
import type { Demo } from "./start-demo.ts";

const ASKED = "orders-db writer 10s INC-42 orders stuck after failover";
const CHANNEL = "C0INC42";
const PATIENCE_MS = 20_000;
const WEEK_S = 604_800;
/** A one-time link to a credential. */
const LINK = /https?:\/\/[^\s"|>]+\/credential\/[\w-]{43}/;

/** A step that did not hold. */
class Broken extends Error {}

/**
 * Plays the whole incident by itself: request, a refusal for Mallory, approval, a query that works, expiry, the same query
 * refused, a review, the record, the thread, and the ledger verified.
 *
 * @param say - takes each line of the story
 * @param patienceMs - how long is waited for one step
 * @returns whether every step held
 */
export async function play(demo: Demo, say: (line: string) => void, patienceMs = PATIENCE_MS): Promise<boolean> {
  try {
    await story(demo, say, patienceMs);
    say("\nEvery step held.");
    return true;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    say(`\n🔴 ${error.message}`);
    return false;
  }
}

async function story(demo: Demo, say: (line: string) => void, patienceMs: number): Promise<void> {
  const { workspace } = demo.slack;
  const [alice, bob, carol, mallory] = ["U0ALICE", "U0BOB", "U0CAROL", "U0MALLORY"].map((id) => workspace.as(id));
  if (alice === undefined || bob === undefined || carol === undefined || mallory === undefined)
    throw new Error("the workspace has lost its people");
  const read = (message: Message) => workspace.readable(message);
  const find = (messages: () => readonly Message[], pattern: RegExp, otherwise: string) =>
    settle(() => messages().findLast((message) => pattern.test(read(message))), otherwise, patienceMs);

  say(`Mallory   /breakglass ${ASKED}`);
  await mallory.command("/breakglass", ASKED, { channel: CHANNEL });
  const refusal = await find(() => workspace.ephemerals(mallory.id), /does not know you/, "Mallory was not refused");
  say(`          ${oneLine(read(refusal))}`);

  say(`Alice     /breakglass ${ASKED}`);
  await alice.command("/breakglass", ASKED, { channel: CHANNEL });
  const receipt = await find(() => workspace.ephemerals(alice.id), /BG-\w{6}/, "Alice got no confirmation");
  const id = /BG-\w{6}/.exec(read(receipt))?.[0] ?? "";
  say(`          ${oneLine(read(receipt))}`);

  const card = await find(() => workspace.messages("C0APPROVALS"), new RegExp(id), "no approval card came");
  say("Carol     clicks Approve");
  await carol.click(card, { text: "Approve" });
  const way = new RegExp(`${id}[^]*shown once`);
  const told = await find(() => workspace.messages(workspace.dm(alice.id).id), way, "Alice was told no way in");
  say("Alice     opens the credential, on the page behind its button");
  await alice.click(told, { text: "Open credential" });
  const linkIn = () => LINK.exec(JSON.stringify(workspace.ephemerals(alice.id).at(-1)))?.[0];
  const link = await settle(linkIn, "Alice got no link to her credential", patienceMs);
  const { user, password } = await new CredentialPage(link).open().catch((error: unknown) => {
    throw new Broken(`the credential does not open: ${String(error)}`);
  });

  const sql = "UPDATE orders SET status = 'queued' WHERE status = 'stuck'";
  const { host, port, database } = demo.sessions();
  const client = new pg.Client({ host, port, database, user, password });
  let closed: true | undefined;
  client.on("error", () => (closed = true));
  const { rowCount } = await client
    .connect()
    .then(() => client.query(sql))
    .catch((error: unknown) => {
      throw new Broken(`the credential does not work: ${String(error)}`);
    });
  say(`Alice     ${sql}\n          ${rowCount ?? 0} orders moved on`);
  if (rowCount !== 97) throw new Broken(`97 stuck orders were expected, and ${rowCount ?? 0} were there`);

  say("          … and waits for the deadline");
  const root = await find(() => workspace.messages(CHANNEL), new RegExp(id), "there is no thread");
  await find(() => workspace.thread(CHANNEL, root.ts), /Gone, and checked/, "the access did not end");
  await settle(() => closed, "the live session was not closed", patienceMs);
  const again = new pg.Client({ host, port, database, user, password });
  again.on("error", () => undefined);
  const refused = await again.connect().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  await again.end();
  if (refused === undefined) throw new Broken("the same credential still works");
  if (!refused.includes("authentication failed")) throw new Broken(`the database did not refuse it: ${refused}`);
  say(`Alice     ${sql}\n          ${refused}`);

  say("Bob       reviews it: needed in part, and a button would make it unnecessary");
  const reviewable = new RegExp(`${id}[^]*\\[Review\\]`);
  const over = await find(() => workspace.messages(CHANNEL), reviewable, "there is nothing to review");
  await bob.click(over, { text: "Review" });
  const form = await settle(() => bob.view() ?? undefined, "Bob got no form", patienceMs);
  const due = new Date((Number(root.ts) + WEEK_S) * 1_000).toISOString().slice(0, 10);
  const { problem } = await bob.submit(form, {
    ...{ use: "emergency", needed: "partly", duration: "right", scope: "right" },
    prevention: "A button that queues stuck orders again.",
    ...{ "what-1": "build that button", "owner-1": "alice", "due-1": due },
  });
  if (problem !== null) throw new Broken(`the review was not taken: ${problem}`);
  await find(() => workspace.thread(CHANNEL, root.ts), /Reviewed by Bob Ortiz/, "the review is not in the thread");
  await find(() => workspace.thread(CHANNEL, root.ts), new RegExp(`${id}-record`), "the record is not in the thread");

  say(`\nThe thread in #inc-42-orders-down:`);
  for (const message of workspace.thread(CHANNEL, root.ts)) say(indent(read(message)));

  const written = mirrorPath(demo.env["DATA_DIR"] ?? "");
  const last = Number(/Ledger (\d+)/.exec(workspace.thread(CHANNEL, root.ts).map(read).join("\n"))?.[1]);
  const { head, broken } = await verify(linesIn(createReadStream(written)));
  if (broken !== undefined) throw new Broken(`the ledger does not hold: ${broken.problem}`);
  if (head.seq < last) throw new Broken(`the mirror ends at entry ${head.seq}, and the thread at ${last}`);
  say(`\nledger verify: ${head.seq} entries hold, head ${head.hash.slice(0, 16)}…`);
}

async function settle<T>(look: () => T | undefined, otherwise: string, patienceMs: number): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Broken(otherwise);
    // Nobody waits for the story once the demo itself has ended.
    await setTimeout(20, undefined, { ref: false });
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " · ");
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
