import type { Problem } from "./problem.ts";
import { readForm } from "./form.ts";
import { policySchema, type PolicyFile } from "./schema.ts";

/** Enough for a file in which everything is wrong at every depth. */
const ROUNDS = 20;

/** What stands in for a value that is wrong or missing, where the rest can't be read without one. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  version: 1,
  channels: { approvals: "C00", incidents: "C00", security: "C00" },
  approvals: "C00",
  incidents: "C00",
  security: "C00",
  people: {},
  groups: {},
  targets: {},
  name: "?",
  title: "?",
  provider: "?",
  grant: null,
  approval: "automatic",
  duration: { default: "1m", max: "1m" },
  default: "1m",
  max: "1m",
  after: "1s",
  per: "1d",
  uses: 1,
};

/**
 * What can be read of a policy that has mistakes, so that one mistake doesn't hide the others. A person, a group
 * or a source of facts that can't be read is still there, as one nothing more is known of.
 *
 * @param written - the file's content
 * @param problems - what is wrong with its form
 */
export function salvage(written: unknown, problems: readonly Problem[]): PolicyFile | undefined {
  const rest: unknown = structuredClone(written);
  if (!isMap(rest)) return undefined;
  const broken = new Set(problems.filter(({ path }) => path[0] === "groups").map(({ path }) => String(path[1])));
  const people = new Set(Object.keys(isMap(rest["people"]) ? rest["people"] : {}));
  const groups = new Set(Object.keys(isMap(rest["groups"]) ? rest["groups"] : {}));
  const schedules = Object.keys(isMap(rest["schedules"]) ? rest["schedules"] : {});
  const incidents = Object.keys(isMap(rest["incidents"]) ? rest["incidents"] : {});
  let wrong = problems;
  for (let round = 0; round < ROUNDS; round++) {
    // From the back, so that what is taken out of a list moves nothing that is still to be looked at.
    for (const { path } of [...wrong].reverse()) mend(rest, path);
    const read = readForm(policySchema, rest);
    if ("data" in read) {
      const { data } = read;
      for (const name of people) data.people[name] ??= { name };
      for (const name of schedules) data.schedules[name] ??= { file: "?" };
      for (const name of incidents) data.incidents[name] ??= { http: { url: "https://?" } };
      for (const name of groups) {
        if (broken.has(name) || data.groups[name] === undefined) data.groups[name] = { slackGroup: "S00" };
      }
      return data;
    }
    wrong = read.problems;
  }
  return undefined;
}

/** Puts something in place of what is wrong; takes it out where nothing is needed there; else takes out what needs it. */
function mend(rest: Record<string, unknown>, path: readonly PropertyKey[]): void {
  for (let length = path.length; length > 0; length--) {
    const parent = at(rest, path.slice(0, length - 1));
    const key = path[length - 1];
    if (Array.isArray(parent) && typeof key === "number") {
      parent.splice(key, 1);
      return;
    }
    if (!isMap(parent)) continue;
    const name = String(key);
    const standIn = STAND_INS[name];
    if (standIn !== undefined && JSON.stringify(parent[name]) !== JSON.stringify(standIn)) {
      parent[name] = structuredClone(standIn);
      return;
    }
    if (Object.hasOwn(parent, name)) {
      Reflect.deleteProperty(parent, name);
      return;
    }
  }
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  let node = root;
  for (const key of path) {
    if (Array.isArray(node)) node = node[Number(key)];
    else node = isMap(node) ? node[String(key)] : undefined;
  }
  return node;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
