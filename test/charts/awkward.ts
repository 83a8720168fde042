import { InsightsTally, type Insights } from "../../src/domain/insights/insights.ts";
import type { Use, Way } from "../../src/domain/insights/use.ts";
import { MINUTE } from "../domain/given.ts";
import { DAY, FROM, times, use } from "../domain/insights/use-of.ts";

const HOUR = 60 * MINUTE;
const NEVER = { followUps: { open: 0, overdue: 0 } };
const WAYS: readonly Way[] = ["approved", "approved", "automatic", "emergency", "approved"];

function of(uses: readonly Use[], days = 90): Insights {
  const tally = new InsightsTally({ from: FROM, to: FROM + days * DAY, timeZone: "Europe/Berlin" });
  for (const each of uses) tally.add(each);
  return tally.sum(NEVER);
}

/** Without chance, and yet as if by it. */
function scattered(nth: number, below: number): number {
  return Math.floor((((Math.sin(nth * 12.9898) * 43_758.5453) % 1) + 1) * below) % below;
}

function many(count: number, targets: number, nameOf: (nth: number) => string, days = 90): Use[] {
  return times(count, (nth) => {
    const way = WAYS[scattered(nth, WAYS.length)] ?? "approved";
    const granted = [15, 30, 60, 240][scattered(nth, 4)] ?? 15;
    return use({
      ...{ openedAt: FROM + scattered(nth, days) * DAY + scattered(nth * 3, 24) * HOUR, way },
      ...{
        target: nameOf(Math.floor(targets * (scattered(nth, 1_000) / 1_000) ** 2)),
        role: nth % 3 === 0 ? "writer" : "reader",
      },
      waitedMs: way === "approved" ? scattered(nth, 40) ** 2 * 2_000 : undefined,
      ...{ grantedMs: granted * MINUTE, usedMs: nth % 9 === 0 ? 0 : scattered(nth, granted) * MINUTE },
      lateMs: nth % 40 === 0 ? 400_000 : scattered(nth, 900),
    });
  });
}

/** Figures that a picture has to bear: too few, too many, too long, too much. */
export const AWKWARD = {
  usual: of(many(140, 4, (nth) => ["orders-db", "billing-db", "search-cluster", "admin-tool"][nth] ?? "")),
  one: of([use()], 7),
  thirty: of(
    many(3_000, 30, (nth) => `a-rather-long-target-name-number-${nth}-eu`),
    90,
  ),
  long: of(
    many(60, 3, (nth) => `${"w".repeat(36)}-${nth}`).map((each) => ({
      ...each,
      role: "m".repeat(40),
      lateMs: 123_456,
    })),
    30,
  ),
  huge: of(
    many(60_000, 6, (nth) => `db-${nth}`, 1_000),
    1_000,
  ),
  foreign: of(many(40, 2, (nth) => ["データベース", 'база <b>&amp;</b> "данных"'][nth] ?? "")),
  nothing: of([]),
} satisfies Record<string, Insights>;
