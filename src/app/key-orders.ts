import type { KeyAction } from "../cards/card.ts";
import type { KeyOrder } from "./key-door.ts";

/** What each button of a card about keys orders, on every platform. It carries the change's id. */
export const KEY_ORDERS: Readonly<Record<KeyAction, (change: string) => KeyOrder>> = {
  "confirm-key": (change) => ({ type: "ConfirmKeyChange", change }),
  "refuse-key": (change) => ({ type: "RefuseKeyChange", change }),
  "enrol-key": (change) => ({ type: "AskToEnrol", change }),
};
