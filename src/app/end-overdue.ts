import { isOverdue } from "../domain/agenda.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded } from "../errors.ts";
import { endAccess, handleOf } from "./end-access.ts";
import type { Targets } from "./targets.ts";

/** What became of one overdue access. */
export type Ended =
  | { readonly state: RequestState; readonly done: readonly string[] }
  | { readonly state: RequestState; readonly problem: string; readonly commands: readonly string[] };

/**
 * Ends every access whose end has come, with nothing but the targets: no Redis, no chat, no entry. The workers find it gone, and
 * record that, when they are back.
 *
 * @param states - what may have access
 * @param now - epoch milliseconds
 */
export async function endOverdue(targets: Targets, states: readonly RequestState[], now: number): Promise<Ended[]> {
  const overdue = states.filter((state) => isOverdue(state, now));
  return await Promise.all(
    overdue.map(async (state): Promise<Ended> => {
      try {
        return { state, done: (await endAccess(targets, state, () => now)).done };
      } catch (error) {
        const { code, message } = asCoded(error);
        return { state, problem: `${message} (${code})`, commands: byHand(targets, state) };
      }
    }),
  );
}

/** The exact commands with which a person ends it. */
export function byHand(targets: Targets, state: RequestState): string[] {
  try {
    return [...targets.provider(state.target).byHand(handleOf(state))];
  } catch (error) {
    return [`${asCoded(error).message} ${asCoded(error).next}`];
  }
}
