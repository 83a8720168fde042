/** One of the three ways in which Slack calls on a bot. */
export type Outgoing = { kind: "slash_commands" | "interactive" | "events_api"; payload: Record<string, unknown> };

/** What a test may forge. Nothing of it happens unless asked for. */
export type Tamper = {
  /** Another signing secret than the app's. */
  signingSecret?: string;
  /** Another `X-Slack-Signature`, in full. */
  signature?: string;
  /** Another `X-Slack-Request-Timestamp`, in seconds; the signature is made for it. */
  timestamp?: number;
  /** Another workspace's id in the payload. */
  teamId?: string;
  /** Another app's id in the payload. */
  appId?: string;
  /** More headers, such as `x-slack-retry-num`; an empty one takes a header away. */
  headers?: Record<string, string>;
  /** The payload as it shall be sent. */
  change?: (payload: Record<string, unknown>) => Record<string, unknown>;
};

/** The very bytes of a call, to be sent again. */
export type Raw =
  | { via: "http"; url: string; headers: Record<string, string>; body: string }
  | { via: "socket"; envelope: Record<string, unknown> };

/** What became of a call on the bot. */
export type SendResult = {
  /** The bot's HTTP status; over Socket Mode 200 for an ack; 0 when no answer came or nothing was sent. */
  status: number;
  /** The bot's answer: parsed JSON, text, or null for an empty one. */
  body: unknown;
  /** Milliseconds until the answer. */
  ms: number;
  /** What Slack shows the person instead of an answer, such as `operation_timeout`; null when all went well. */
  problem: string | null;
  /** What was sent, for `resend`; null if nothing was sent. */
  raw: Raw | null;
};

/** Calls on the bot, by whichever way it is reached. */
export interface Delivery {
  send(outgoing: Outgoing, tamper?: Tamper): Promise<SendResult>;
  /** Sends the same bytes again, with other headers if given. */
  resend(raw: Raw, headers?: Record<string, string>): Promise<SendResult>;
}
