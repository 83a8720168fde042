import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const TOKEN = "pd-secret-token-1";
export const KEY = "og-secret-key-1";
export const PD_SCHEDULE = "PI7DH85";
export const OG_SCHEDULE = "d875a1f4-9b4e-4219-a1f3-0c26936d18de";

/** One entry of PagerDuty's, as its documentation shows it. */
export function entry(changed: { id?: string; email?: string; end?: string | null; schedule?: string } = {}): object {
  const { id = "PT23IWX", email, end = null, schedule = PD_SCHEDULE } = changed;
  const reference = (of: string, type: string) => ({ id: of, type, summary: of, self: null, html_url: null });
  return {
    escalation_policy: reference("PT20YPA", "escalation_policy_reference"),
    escalation_level: 1,
    schedule: reference(schedule, "schedule_reference"),
    user: { ...reference(id, "user"), name: "Somebody", ...(email === undefined ? {} : { email }) },
    start: "2015-03-06T15:28:51-05:00",
    end,
  };
}

/** PagerDuty's and Opsgenie's questions of who is on call, as strictly as they are documented; and what they answer next. */
export interface OnCallServices {
  readonly url: string;
  /** PagerDuty's entries, cut into its pages. */
  oncalls: object[];
  /** Opsgenie's user names. */
  recipients: string[];
  /** In place of any answer. */
  instead: ((response: ServerResponse) => void) | undefined;
  /** What was asked, `GET /oncalls?…`. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startOnCallServices(): Promise<OnCallServices> {
  const server = createServer((request, response) => {
    services.asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    if (services.instead !== undefined) services.instead(response);
    else answer(services, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const services: OnCallServices = {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: [] },
    ...{ oncalls: [], recipients: [], instead: undefined },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return services;
}

function answer(services: OnCallServices, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams: query } = new URL(request.url ?? "", services.url);
  const { authorization, accept } = request.headers;
  const send = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method !== "GET") {
    send(405, {});
  } else if (pathname === "/oncalls") {
    if (authorization !== `Token token=${TOKEN}`) {
      send(401, { error: { message: "Unauthorized", code: 2006 } });
      return;
    }
    const [limit, offset] = [Number(query.get("limit") ?? 25), Number(query.get("offset") ?? 0)];
    const known = ["schedule_ids[]", "include[]", "limit", "offset", "since", "until", "time_zone", "earliest"];
    const strange = [...query.keys()].find((name) => !known.includes(name));
    if (accept !== "application/vnd.pagerduty+json;version=2" || strange !== undefined || limit > 100) {
      send(400, { error: { message: "Invalid Input Provided", code: 2001, errors: [strange ?? "accept or limit"] } });
      return;
    }
    const withUsers = query.getAll("include[]").includes("users");
    const all = services.oncalls.map((each) => (withUsers ? each : { ...each, user: { id: "PT23IWX" } }));
    const page = all.slice(offset, offset + limit);
    send(200, { oncalls: page, limit, offset, more: offset + limit < all.length, total: null });
  } else if (pathname === `/v2/schedules/${OG_SCHEDULE}/on-calls`) {
    if (authorization !== `GenieKey ${KEY}`) {
      send(403, { message: "You are not authorized", took: 0.1, requestId: "r" });
      return;
    }
    const parent = { id: OG_SCHEDULE, name: "ScheduleName", enabled: true };
    const flat = query.get("flat") === "true";
    const data = {
      _parent: parent,
      ...(flat ? { onCallRecipients: services.recipients } : { onCallParticipants: [] }),
    };
    send(200, { data, took: 0.028, requestId: "1a2b" });
  } else send(404, { message: "Not Found" });
}
