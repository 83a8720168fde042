import type { FileContent } from "../../src/app/messenger.ts";

/** A record of a request, for tests that are about something else than what is in it. */
export function plainRecord(request: string): Promise<FileContent> {
  const bytes = Buffer.from(`<!doctype html><title>${request}</title>`);
  return Promise.resolve({
    name: `${request}-record.html`,
    title: request,
    bytes,
    text: [`The record of ${request}.`],
  });
}
