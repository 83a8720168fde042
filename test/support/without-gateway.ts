import type { ThroughGateway } from "../../src/app/through-gateway.ts";

/** What a target gave goes to the requester as it is. */
export const throughGateway: ThroughGateway = (granted) => Promise.resolve(granted);
