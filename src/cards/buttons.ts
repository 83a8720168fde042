import type { Button } from "./card.ts";

export const APPROVE: Button = { action: "approve", label: "Approve", style: "primary" };
export const DENY: Button = { action: "deny", label: "Deny", style: "danger" };
export const CONFIRM: Button = { action: "confirm", label: "Confirm with a key", style: "primary" };
export const WITHDRAW: Button = { action: "withdraw", label: "Withdraw" };
export const END_NOW: Button = { action: "end", label: "End now" };
export const REVIEW: Button = { action: "review", label: "Review", style: "primary" };
export const OPEN_CREDENTIAL: Button = { action: "reveal", label: "Open credential", style: "primary" };
export const ROTATE: Button = { action: "rotate", label: "Rotate" };
export const RECORD: Button = { action: "record", label: "Record" };
export const ASK_AGAIN: Button = { action: "ask-again", label: "Ask again" };

export const REVOKE_NOW: Button = {
  action: "revoke",
  label: "Revoke now",
  style: "danger",
  confirm: { title: "Revoke now?", text: "Access ends at once and live sessions are closed.", ok: "Revoke" },
};

export const BREAK_GLASS: Button = {
  action: "break-glass",
  label: "Break glass",
  style: "danger",
  confirm: {
    title: "Go ahead alone?",
    text: "You get access without an approval. The security channel is paged, the time is shorter, and it will be reviewed.",
    ok: "Break the glass",
  },
};

/** On somebody's home. */
export const ASK: Button = { action: "ask", label: "Ask" };
export const REFRESH: Button = { action: "home", label: "Refresh" };
