import type { WorkspaceSeed } from "../src/demo/slack/workspace/seed.ts";

/** Nobody may ask twice for the same while it is open: people times targets requests fit in. */
export const PEOPLE = 500;
export const TARGETS = 8;
export const APPROVER = "U0CAROL";

/** How long an automatic grant of {@link POLICY} lasts. */
export const AUTOMATIC_MS = 25_000;

/** The Slack account of the nth person, from 0. */
export function account(nth: number): string {
  return `U0P${name(nth)}`;
}

function name(nth: number): string {
  return String(nth).padStart(5, "0");
}

const everybody = Array.from({ length: PEOPLE }, (_, nth) => nth);

/** A workspace of many engineers and one approver. */
export const SEED = {
  team: { id: "T0BENCH", name: "Bench" },
  botToken: "xoxb-bench-token",
  appToken: "xapp-bench-token",
  signingSecret: "8f742231b10e8888abcd99yyyzzz85a5",
  appId: "A0BREAKGLASS",
  users: [
    { id: APPROVER, name: "carol", real_name: "Carol Diaz" },
    ...everybody.map((nth) => ({ id: account(nth), name: `p${name(nth)}`, real_name: `Person ${nth}` })),
  ],
  channels: [
    { id: "C0APPROVALS", name: "approvals", botIsMember: true },
    { id: "C0INCIDENTS", name: "incidents", botIsMember: true },
    { id: "C0SECURITY", name: "security", botIsMember: true },
  ],
} satisfies WorkspaceSeed;

/** The provider is replaced by one that does nothing, see `parts/bot.ts`; this one only satisfies the policy's check. */
function target(nth: number): string {
  return `  db${nth}:
    title: Database ${nth}
    provider: command
    connection: { command: ["/bin/true"] }
    roles:
      writer:
        grant: {}
        requesters: [everybody]
        approval: { quorum: 1, approvers: [leads] }
        duration: { default: 30m, max: 1h }
      reader:
        grant: {}
        requesters: [everybody]
        approval: automatic
        duration: { default: ${AUTOMATIC_MS / 1_000}s, max: 1h }`;
}

/** A policy in which every engineer may ask for roles that take an approval (`writer`), and for some that take none (`reader`). */
export const POLICY = `
version: 1
channels: { approvals: C0APPROVALS, incidents: C0INCIDENTS, security: C0SECURITY }
people:
  carol: { name: Carol Diaz, slack: ${APPROVER} }
${everybody.map((nth) => `  p${name(nth)}: { name: Person ${nth}, slack: ${account(nth)} }`).join("\n")}
groups:
  everybody: [${everybody.map((nth) => `p${name(nth)}`).join(", ")}]
  leads: [carol]
targets:
${Array.from({ length: TARGETS }, (_, nth) => target(nth)).join("\n")}
`;

/** The nth request of a bench: who asks, and what they type. No two are the same. */
export function asking(nth: number, role: "writer" | "reader"): { readonly account: string; readonly words: string } {
  if (nth >= PEOPLE * TARGETS) throw new Error("the bench's world is too small");
  return {
    account: account(nth % PEOPLE),
    words: `db${Math.floor(nth / PEOPLE)} ${role} INC-42 orders stuck after failover`,
  };
}
