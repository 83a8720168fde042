import type { Action, HomeAction, KeyAction } from "../cards/card.ts";
import type { Order } from "./order.ts";

/** What is asked of a request that is there. */
export type RequestOrder = Exclude<Order, { type: "OpenRequest" }>;

/** What each button of a request's card orders, on every platform. Those that open a form order nothing yet. */
export const BUTTON_ORDERS: Readonly<
  Record<
    Exclude<Action, "deny" | "ask-again" | "review" | "record" | HomeAction | KeyAction>,
    (id: string) => RequestOrder
  >
> = {
  confirm: (id) => ({ type: "Confirm", id }),
  approve: (id) => ({ type: "Approve", id }),
  withdraw: (id) => ({ type: "Withdraw", id }),
  "break-glass": (id) => ({ type: "BreakGlass", id }),
  reveal: (id) => ({ type: "Reveal", id }),
  rotate: (id) => ({ type: "RotateCredential", id }),
  end: (id) => ({ type: "EndEarly", id }),
  revoke: (id) => ({ type: "RevokeNow", id }),
};
