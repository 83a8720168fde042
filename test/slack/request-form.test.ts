import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { Offer } from "../../src/domain/policy/offers.ts";
import { requestForm } from "../../src/slack/request-form.ts";

const offer = (target: string, role: string): Offer => ({
  target,
  title: "A database",
  role,
  roleTitle: role,
  defaultMs: 900_000,
  maxMs: 1_800_000,
});

const option = z.object({ value: z.string() });
const menu = z.object({
  type: z.literal("static_select"),
  options: z.array(option).optional(),
  option_groups: z.array(z.object({ label: z.object({ text: z.string() }), options: z.array(option) })).default([]),
  initial_option: option.optional(),
});
const block = z.object({ block_id: z.string().default(""), element: z.unknown().optional() });

function elementOf(form: ReturnType<typeof requestForm>, field: string): z.output<typeof menu> {
  const blocks = z.array(block).parse(form.blocks);
  return menu.parse(blocks.find(({ block_id: id }) => id.split(".")[0] === field)?.element);
}

describe("the form for someone who may ask for very much", () => {
  const many = Array.from({ length: 250 }, (_, nth) => offer(`db-${String(nth).padStart(3, "0")}`, "reader"));

  it("has every target, in groups of a hundred, and begins with the one that was chosen", () => {
    const form = requestForm(many, { target: "db-249" }, {});
    const { options, option_groups: groups, initial_option: initial } = elementOf(form, "target");
    assert.equal(options, undefined);
    assert.deepEqual(
      groups.map(({ label, options: held }) => [label.text, held.length]),
      [
        ["db-000 to db-099", 100],
        ["db-100 to db-199", 100],
        ["db-200 to db-249", 50],
      ],
    );
    assert.equal(initial?.value, "db-249");
  });

  it("has every role of one target", () => {
    const roles = Array.from({ length: 101 }, (_, nth) => offer("db", `role-${nth}`));
    const { option_groups: groups } = elementOf(requestForm(roles, {}, {}), "role");
    assert.equal(groups.flatMap(({ options }) => options).length, 101);
  });
});

describe("the duration in the form", () => {
  const values = (duration: string | undefined) => {
    const { options = [], initial_option: initial } = elementOf(
      requestForm([offer("db", "reader")], { duration }, {}),
      "duration",
    );
    return { offered: options.map(({ value }) => value), chosen: initial?.value };
  };

  it("is the role's default; what was asked for before, also where no step has it; and never more than the role allows", () => {
    assert.equal(values(undefined).chosen, "15m");
    assert.deepEqual(values("7m"), { offered: ["5m", "7m", "10m", "15m", "30m"], chosen: "7m" });
    assert.deepEqual(values("2h"), { offered: ["5m", "10m", "15m", "30m"], chosen: "30m" });
  });
});
