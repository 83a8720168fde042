/** Where moments stand in the picture: in real proportions from `from` to `to`, and after a break, on a scale of its own, to `late`. */
export interface TimeScale {
  readonly x: (at: number) => number;
  readonly ticks: readonly { readonly at: number; readonly x: number; readonly label: string; readonly day: boolean }[];
  /** What is left out between the two parts is not drawn; where the break is. */
  readonly break?: { readonly x: number; readonly ms: number };
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];
/** So wide, in units of the picture, is the time of day on the axis. */
const LABEL = 78;
/** The part after a break takes this share of the width. */
const LATE_SHARE = 0.22;
const GAP = 36;
/** What comes so soon after, as a share of what was before, needs no break. */
const NEAR = 0.4;

/**
 * @param span - epoch milliseconds: `from`, `to`: what happened of the access itself; `late`: the end of its review, where there is one
 * @param left - where the picture's own part begins, and `right` where it ends
 */
export function timeScale(
  { from, to, late }: { readonly from: number; readonly to: number; readonly late?: number | undefined },
  { left, right }: { readonly left: number; readonly right: number },
): TimeScale {
  const spanMs = Math.max(1_000, to - from);
  if (late === undefined || late - to <= spanMs * NEAR) {
    const end = Math.max(to, late ?? to, from + 1_000);
    return { x: linear(from, end, left, right), ticks: ticksOf(from, end, left, right) };
  }
  const turn = right - (right - left) * LATE_SHARE;
  const [main, after] = [linear(from, from + spanMs, left, turn - GAP), linear(to, late, turn, right)];
  const { ticks } = timeScale({ from, to: from + spanMs }, { left, right: turn - GAP });
  const last = { at: late, x: right, label: clock(late, 60), day: true };
  return {
    x: (at) => (at <= to ? main(at) : after(at)),
    ticks: [...ticks, last],
    break: { x: turn - GAP / 2, ms: late - to },
  };
}

function linear(from: number, to: number, left: number, right: number): (at: number) => number {
  return (at) => left + (Math.min(Math.max(at, from), to) - from) * ((right - left) / (to - from));
}

function ticksOf(from: number, to: number, left: number, right: number): TimeScale["ticks"] {
  const most = Math.max(2, Math.floor((right - left) / LABEL));
  const days = Math.ceil((to - from) / 86_400_000 / most);
  const stepS = STEPS_S.find((each) => (to - from) / 1_000 / each <= most) ?? Math.max(1, days) * 86_400;
  const x = linear(from, to, left, right);
  const ticks: { at: number; x: number; label: string; day: boolean }[] = [];
  for (let at = Math.ceil(from / (stepS * 1_000)) * stepS * 1_000; at <= to; at += stepS * 1_000) {
    const before = ticks.at(-1)?.at;
    const day = before === undefined || dayOf(before) !== dayOf(at);
    ticks.push({ at, x: x(at), label: clock(at, stepS), day });
  }
  return ticks;
}

function clock(at: number, stepS: number): string {
  return new Date(at).toISOString().slice(11, stepS < 60 ? 19 : 16);
}

/** `2026-11-23` */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
