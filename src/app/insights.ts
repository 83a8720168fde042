import { insightsText } from "../cards/insights-text.ts";
import type { MonthOfInsights } from "../cards/posts.ts";
import { insightsCharts } from "../charts/insights-charts.ts";
import { rasterize } from "../charts/rasterize.ts";
import { InsightsTally, type Insights } from "../domain/insights/insights.ts";
import { NEVER_ASKED_DAYS } from "../domain/insights/proposals.ts";
import { seesPeople, answeringGroups, withoutOthers } from "../domain/insights/whose-eyes.ts";
import { daysOf, lastDays, monthText, type Window } from "../domain/insights/window.ts";
import { targetOf } from "../domain/policy/find.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { endOf } from "../domain/review.ts";
import { quote, type Text } from "../domain/text.ts";
import { Refusal } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Directory } from "./directory.ts";
import { readGroups } from "./groups.ts";
import type { Content, Picture } from "./messenger.ts";
import { openReviews } from "./open-reviews.ts";
import type { Uses } from "./uses.ts";

/** What somebody is answered. */
export interface InsightsAnswer {
  readonly insights: Insights;
  readonly text: readonly Text[];
}

export interface InsightsOptions {
  readonly ledger: Ledger;
  readonly uses: Uses;
  /** Undefined where it can't be read: nothing is said then of roles that nobody asked for. */
  readonly policy: () => Policy | undefined;
  readonly directory: Directory;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Adds up how access was used. */
export class InsightsMaker {
  readonly #options: InsightsOptions;

  constructor(options: InsightsOptions) {
    this.#options = options;
  }

  /**
   * What the requests of a time come to.
   *
   * @throws `TARGET_UNKNOWN` for a target that the policy doesn't have and nobody asked for then; `LEDGER_UNAVAILABLE`
   */
  async of(window: Window): Promise<Insights> {
    const { uses, policy: policyNow } = this.#options;
    const policy = policyNow();
    const tally = new InsightsTally(window);
    for await (const some of uses.between(window.from, window.to)) for (const use of some) tally.add(use);
    const followUps = await this.#followUps(window.target);
    const offered = policy === undefined ? undefined : await this.#offered(policy, window);
    const found = tally.sum({ followUps, ...(offered !== undefined && { offered }) });
    if (window.target !== undefined && found.requests === 0 && !isKnown(policy, window.target))
      throw new Refusal("TARGET_UNKNOWN", `Nobody asked for a target ${quote(window.target)} then.`, {
        next: "/breakglass list shows what you may ask for; /breakglass insights alone is about all targets.",
      });
    return found;
  }

  /**
   * What somebody in chat is answered: colleagues are named to those who answer for them.
   *
   * @throws as {@link of}
   */
  async asked(person: string, { target, days }: { target: string | undefined; days: number }): Promise<InsightsAnswer> {
    const { policy: policyNow, directory, now } = this.#options;
    const policy = policyNow();
    const found = await this.of({ ...lastDays(now(), days, timeZoneOf(policy)), target });
    const groups = policy && (await readGroups(policy, answeringGroups(policy), directory));
    const seesAll = policy !== undefined && groups !== undefined && seesPeople(policy, groups, person);
    const insights = seesAll ? found : withoutOthers(found, person);
    return { insights, text: insightsText(insights) };
  }

  /**
   * What a month's post shows: its figures, or pictures of them.
   *
   * @throws `LEDGER_UNAVAILABLE`
   */
  async ofMonth({ month, from, to, timeZone }: MonthOfInsights, as: "text" | "pictures"): Promise<Content> {
    const insights = await this.of({ from, to, timeZone });
    const lines = insightsText(insights, monthText(month));
    if (as === "text") return { text: lines.flatMap((line, nth): Text => (nth === 0 ? line : ["\n", ...line])) };
    const text: Text = [`The same in pictures: ${monthText(month)}.`];
    const pictures = await picturesOf(insights).catch(() => []);
    return pictures.length === 0 ? { text: ["There are no pictures of it."] } : { pictures: { pictures, text } };
  }

  async #followUps(target: string | undefined): Promise<Insights["followUps"]> {
    const { ledger, now } = this.#options;
    const states = await openReviews(ledger);
    const open = states
      .filter((state) => state.drill === undefined && (target === undefined || state.target === target))
      .flatMap(({ review }) => (review?.followUps ?? []).filter(({ doneAt }) => doneAt === undefined));
    return { open: open.length, overdue: open.filter(({ due }) => endOf(due) <= now()).length };
  }

  /** What the policy offers, where the ledger goes back to before the time that is asked of. */
  async #offered({ targets }: Policy, window: Window) {
    const { from, target } = window;
    const days = daysOf(window);
    if (days < NEVER_ASKED_DAYS || !(await this.#isOlderThan(from))) return undefined;
    const roles = Object.entries(targets)
      .filter(([name]) => target === undefined || name === target)
      .flatMap(([name, { roles: own }]) => Object.keys(own).map((role) => ({ target: name, role })));
    return { roles, days };
  }

  async #isOlderThan(at: number): Promise<boolean> {
    const [line] = await this.#options.ledger.range(1, 1);
    return line !== undefined && Date.parse((JSON.parse(line) as { at: string }).at) <= at;
  }
}

/** Draws insights; nothing of what there is none of. @throws `PICTURE_FAILED` */
export async function picturesOf(insights: Insights): Promise<Picture[]> {
  const charts = insightsCharts(insights);
  return await Promise.all(
    charts.map(async ({ name, title, says, svg }) => ({
      name,
      title: `${title}: ${says}`,
      bytes: await rasterize(svg),
    })),
  );
}

/** By whose calendar days and hours are counted. */
export function timeZoneOf(policy: Policy | undefined): string {
  return policy?.insights.timeZone ?? "UTC";
}

function isKnown(policy: Policy | undefined, target: string): boolean {
  return policy !== undefined && targetOf(policy, target) !== undefined;
}
