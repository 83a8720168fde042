import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { proposals, type Around, type ProposalKind } from "../../../src/domain/insights/proposals.ts";
import { RoleTally } from "../../../src/domain/insights/role-tally.ts";
import type { Use } from "../../../src/domain/insights/use.ts";
import { plain } from "../../../src/slack/mrkdwn.ts";
import { MINUTE, SECOND } from "../given.ts";
import { refused, times, use } from "./use-of.ts";

const QUIET: Around = { followUps: { open: 0, overdue: 0 } };
const NAMES = { name: (person: string) => person, account: () => undefined };
type Review = NonNullable<Use["review"]>;
const RIGHT: Review = { use: "emergency", needed: "yes", duration: "right", scope: "right" };
const review = (said: Partial<Review>): Review => ({ ...RIGHT, ...said });

function proposed(uses: readonly Use[], around = QUIET): Partial<Record<ProposalKind, string>> {
  const tally = new RoleTally("orders-db", "writer");
  for (const each of uses) tally.add(each);
  const found = proposals(uses.length === 0 ? [] : [tally], around);
  return Object.fromEntries(found.map(({ kind, text }) => [kind, plain(text, NAMES)]));
}

/** What is proposed, from what, in which words; and what is as near to it as can be, and proposes nothing of the kind. */
const CASES: readonly {
  readonly kind: ProposalKind;
  readonly uses: readonly Use[];
  readonly around?: Around;
  readonly says: string;
  readonly not: Readonly<Record<string, { readonly uses: readonly Use[]; readonly around?: Around }>>;
}[] = [
  {
    kind: "automatic",
    uses: times(11, (nth) => use({ waitedMs: nth * 10 * SECOND })),
    says: "orders-db writer was approved 11 of 11 times within 2 minutes: consider automatic with a budget.",
    not: {
      "one took longer": { uses: [...times(10, () => use()), use({ waitedMs: 2 * MINUTE + 1 })] },
      "too few": { uses: times(7, () => use()) },
      "somebody said no": { uses: [...times(11, () => use()), refused("denied")] },
      "a review found misuse": { uses: [...times(11, () => use()), use({ review: review({ use: "misuse" }) })] },
      "a review found it too wide": {
        uses: [...times(11, () => use()), use({ review: review({ scope: "too-wide" }) })],
      },
      "nobody comes in": { uses: [...times(6, () => use({ usedMs: 0 })), ...times(6, () => use())] },
      "it takes a key": { uses: times(11, () => use({ guarded: true })) },
      "it is automatic already": { uses: [...times(11, () => use()), use({ way: "automatic", waitedMs: undefined })] },
    },
  },
  {
    kind: "one-approver",
    uses: times(5, () => use()),
    says: "carol alone approved all 5 requests for orders-db writer: see that somebody else answers too, for when that is not possible.",
    not: {
      "somebody else did once": { uses: [...times(5, () => use()), use({ approvers: ["bob"] })] },
      "too few": { uses: times(4, () => use()) },
    },
  },
  {
    kind: "shorter",
    uses: times(10, (nth) => use({ grantedMs: 60 * MINUTE, usedMs: (nth + 3) * MINUTE })),
    says: "orders-db writer is given for 1 h, and 9 of 10 times 11 min of it were enough: consider a shorter default, 15 min.",
    not: {
      "most of it is used": { uses: times(10, () => use({ grantedMs: 60 * MINUTE, usedMs: 31 * MINUTE })) },
      "a review found it too short": {
        uses: times(10, () =>
          use({ grantedMs: 60 * MINUTE, usedMs: 3 * MINUTE, review: review({ duration: "too-short" }) }),
        ),
      },
      "nobody ever came in": { uses: times(10, () => use({ usedMs: 0 })) },
    },
  },
  {
    kind: "longer",
    uses: times(3, () => use({ review: review({ duration: "too-short" }) })),
    says: "3 of 3 reviews found that orders-db writer was given for too short a time: consider a longer default.",
    not: {
      "as many found it too long": {
        uses: [
          ...times(3, () => use({ review: review({ duration: "too-short" }) })),
          ...times(3, () => use({ review: review({ duration: "too-long" }) })),
        ],
      },
    },
  },
  {
    kind: "unused",
    uses: [...times(3, () => use({ usedMs: 0 })), use()],
    says: "Nobody came in 3 of 4 times that orders-db writer was given: ask what for, or whether a narrower role is enough.",
    not: { "mostly used": { uses: [...times(3, () => use({ usedMs: 0 })), ...times(4, () => use())] } },
  },
  {
    kind: "emergencies",
    uses: times(3, () => use({ way: "emergency", waitedMs: undefined, approvers: [] })),
    says: "orders-db writer was taken alone in an emergency 3 times: add approvers who are awake then, or escalate sooner.",
    not: { twice: { uses: times(2, () => use({ way: "emergency", waitedMs: undefined })) } },
  },
  {
    kind: "lapses",
    uses: [...times(3, () => refused("lapsed")), ...times(12, () => use())],
    says: "orders-db writer was not decided on in time 3 of 15 times: add approvers, or escalate to somebody who answers.",
    not: { "few of many": { uses: [...times(3, () => refused("lapsed")), ...times(13, () => use())] } },
  },
  {
    kind: "routine",
    uses: times(3, () => use({ review: review({ use: "routine" }) })),
    says: "3 of 3 reviews called the use of orders-db writer routine: give what is done there a tool, a job or a dashboard of its own.",
    not: { "emergencies all": { uses: times(5, () => use({ review: review({}) })) } },
  },
  {
    kind: "narrower",
    uses: times(3, () => use({ review: review({ scope: "too-wide" }) })),
    says: "3 of 3 reviews found orders-db writer too wide: consider a narrower role beside it.",
    not: { "right for all": { uses: times(5, () => use({ review: review({}) })) } },
  },
  {
    kind: "late",
    uses: [use({ lateMs: 75 * SECOND }), use({ lateMs: 60 * SECOND })],
    says: "Access to orders-db writer outlived its end by more than a minute once, at worst by 1 min 15 s: see what its thread says of why.",
    not: { "a minute": { uses: [use({ lateMs: MINUTE })] } },
  },
  {
    kind: "follow-ups",
    uses: [],
    around: { followUps: { open: 5, overdue: 3 } },
    says: "5 follow-ups are open, 3 of them past their day: /breakglass followups lists them. Do them, or say that they won't be done.",
    not: { "in time": { uses: [], around: { followUps: { open: 5, overdue: 2 } } } },
  },
  {
    kind: "never-asked",
    uses: [use()],
    around: { ...QUIET, offered: { days: 90, roles: [{ target: "orders-db", role: "owner" }] } },
    says: "Nobody asked for orders-db owner in 90 days: unless it is new, is it still wanted in the policy?",
    not: {
      "somebody did": {
        uses: [use()],
        around: { ...QUIET, offered: { days: 90, roles: [{ target: "orders-db", role: "writer" }] } },
      },
      "too short a time": {
        uses: [use()],
        around: { ...QUIET, offered: { days: 59, roles: [{ target: "orders-db", role: "owner" }] } },
      },
    },
  },
];

describe("what insights propose", () => {
  for (const { kind, uses, around, says, not } of CASES) {
    it(`${kind}: ${says}`, () => {
      assert.equal(proposed(uses, around)[kind], says);
    });
    for (const [why, other] of Object.entries(not))
      it(`${kind}: not where ${why}`, () => {
        assert.equal(proposed(other.uses, other.around)[kind], undefined);
      });
  }

  it("one line of whoever alone approves several roles", () => {
    const tallies = ["reader", "writer"].map((role) => {
      const tally = new RoleTally("orders-db", role);
      for (const each of times(5, () => use({ waitedMs: 3 * MINUTE }))) tally.add(each);
      return tally;
    });
    assert.deepEqual(
      proposals(tallies, QUIET).map(({ text }) => plain(text, NAMES)),
      [
        "carol alone approved all 10 requests for orders-db reader and orders-db writer: see that somebody else answers too, for when that is not possible.",
      ],
    );
  });

  it("nothing where nothing is unusual", () => {
    const ordinary = times(6, (nth) => use({ approvers: [nth % 2 === 0 ? "carol" : "bob"], waitedMs: 3 * MINUTE }));
    assert.deepEqual(proposed(ordinary), {});
  });
});
