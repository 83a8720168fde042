import type { RequestState } from "../domain/request.ts";

/** What chat is told of: a request, or the program itself under a name of its own. */
export type Subject = Pick<RequestState, "id" | "requester" | "openedAt" | "channels">;
