import type { Request, Response } from "express";
import type { Workspace } from "../workspace/workspace.ts";

const KEEP_ALIVE = 15_000;

/**
 * Streams a person's version number, now and after each change to what they see, as Server-Sent Events.
 *
 * @param workspace - where
 * @param user - a user id
 * @param request - ends the stream when it closes
 * @param response - where the events go
 */
export function streamVersions(workspace: Workspace, user: string, request: Request, response: Response): void {
  const tell = (): void => {
    response.write(`data: ${JSON.stringify({ version: workspace.changes.version(user) })}\n\n`);
  };
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    connection: "keep-alive",
  });
  tell();
  const stop = workspace.changed((people) => {
    if (people.has(user)) tell();
  });
  const pulse = setInterval(() => response.write(": still here\n\n"), KEEP_ALIVE);
  request.on("close", () => {
    clearInterval(pulse);
    stop();
  });
}
