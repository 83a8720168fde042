import { nearest } from "../nearest.ts";

/** That a name stands for nothing, and which one was meant. */
export function noSuch(what: "group" | "person", name: string, among: Readonly<Record<string, unknown>>): string {
  const place = what === "group" ? "groups" : "people";
  const near = nearest(name, Object.keys(among));
  return `There is no ${what} ${name} under ${place}.${near === undefined ? "" : ` Did you mean ${near}?`}`;
}
