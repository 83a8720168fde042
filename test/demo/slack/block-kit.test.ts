import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkBlocks } from "../../../src/demo/slack/block-kit/check-blocks.ts";
import { checkView } from "../../../src/demo/slack/block-kit/check-view.ts";
import { SlackRefusal } from "../../../src/demo/slack/slack-refusal.ts";

const long = (length: number): string => "x".repeat(length);
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const plain = (text: string) => ({ type: "plain_text", text });
const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });
const button = (extra: object = {}) => ({ type: "button", text: plain("Go"), ...extra });
const actions = (...elements: object[]) => ({ type: "actions", elements });
const choice = (n: number | string) => ({ text: plain(`Choice ${n}`), value: String(n) });
const select = (extra: object) => ({ type: "static_select", ...extra });
const input = (element: object, extra: object = {}) => ({ type: "input", label: plain("What"), element, ...extra });
const modal = (extra: object = {}) => ({ type: "modal", title: plain("Ask"), blocks: [section("hi")], ...extra });

function refusal(check: () => unknown): SlackRefusal {
  try {
    check();
  } catch (error) {
    if (error instanceof SlackRefusal) return error;
    throw error;
  }
  assert.fail("nothing was refused");
}

const blockFaults: [string, unknown[], RegExp][] = [
  ["51 blocks", times(51, () => ({ type: "divider" })), /no more than 50 items allowed \[json-pointer:\/blocks\]/],
  [
    "3,001 characters in a section",
    [section(long(3001))],
    /less than 3001 characters \[json-pointer:\/blocks\/0\/text\/text\]/,
  ],
  ["empty text", [section("")], /more than 0 characters/],
  ["a section without text and fields", [{ type: "section" }], /either text or fields/],
  ["11 fields", [{ type: "section", fields: times(11, () => plain("x")) }], /no more than 10 items/],
  ["a field of 2,001 characters", [{ type: "section", fields: [plain(long(2001))] }], /less than 2001/],
  ["a header of 151 characters", [{ type: "header", text: plain(long(151)) }], /less than 151/],
  ["a header in mrkdwn", [{ type: "header", text: { type: "mrkdwn", text: "x" } }], /allowed values: plain_text/],
  ["a button text of 76 characters", [actions({ type: "button", text: plain(long(76)) })], /less than 76/],
  ["a button value of 2,001 characters", [actions(button({ value: long(2001) }))], /less than 2001/],
  ["a button style that isn't one", [actions(button({ style: "warning" }))], /primary, danger/],
  ["26 elements in actions", [actions(...times(26, () => button()))], /no more than 25 items/],
  ["no element in actions", [actions()], /at least 1 items/],
  ["11 elements in context", [{ type: "context", elements: times(11, () => plain("x")) }], /no more than 10 items/],
  ["a button in context", [{ type: "context", elements: [button()] }], /must be an image, a plain_text/],
  ["101 options", [actions(select({ options: times(101, choice) }))], /no more than 100 items/],
  [
    "an option's text of 76 characters",
    [actions(select({ options: [{ text: plain(long(76)), value: "1" }] }))],
    /less than 76/,
  ],
  [
    "an option's value of 151 characters",
    [actions(select({ options: [{ text: plain("x"), value: long(151) }] }))],
    /less than 151/,
  ],
  [
    "options and groups at once",
    [actions(select({ options: [choice(1)], option_groups: [{ label: plain("g"), options: [choice(1)] }] }))],
    /either options or option_groups/,
  ],
  [
    "an initial option that is none of its own",
    [actions(select({ options: [choice(1)], initial_option: choice(2) }))],
    /initial option/,
  ],
  ["6 choices in an overflow menu", [actions({ type: "overflow", options: times(6, choice) })], /no more than 5 items/],
  ["11 checkboxes", [actions({ type: "checkboxes", options: times(11, choice) })], /no more than 10 items/],
  [
    "a confirmation title of 101 characters",
    [
      actions(
        button({ confirm: { title: plain(long(101)), text: plain("x"), confirm: plain("y"), deny: plain("n") } }),
      ),
    ],
    /less than 101/,
  ],
  [
    "a placeholder of 151 characters",
    [actions(select({ options: [choice(1)], placeholder: plain(long(151)) }))],
    /less than 151/,
  ],
  ["an action_id of 256 characters", [actions(button({ action_id: long(256) }))], /less than 256/],
  ["a block_id of 256 characters", [{ type: "divider", block_id: long(256) }], /less than 256/],
  [
    "the same block_id twice",
    [
      { type: "divider", block_id: "a" },
      { type: "divider", block_id: "a" },
    ],
    /block_id "a" already exists \[json-pointer:\/blocks\/1\/block_id\]/,
  ],
  [
    "the same action_id twice in a block",
    [actions(button({ action_id: "a" }), button({ action_id: "a" }))],
    /action_id "a" already exists/,
  ],
  ["a block of no known type", [{ type: "nonsense" }], /unsupported type \[json-pointer:\/blocks\/0\/type\]/],
  [
    "an element of no known type",
    [actions({ type: "nonsense" })],
    /unsupported type \[json-pointer:\/blocks\/0\/elements\/0\/type\]/,
  ],
  ["a text input in actions", [actions({ type: "plain_text_input" })], /unsupported type/],
  ["a key that no section has", [{ ...section("x"), colour: "red" }], /invalid additional property: colour/],
  [
    "a text input of more than 3,000 characters",
    [input({ type: "plain_text_input", max_length: 3001 })],
    /at most 3000/,
  ],
  [
    "a text input whose least is more than its most",
    [input({ type: "plain_text_input", min_length: 9, max_length: 3 })],
    /min_length/,
  ],
  [
    "an input without a label",
    [{ type: "input", element: { type: "plain_text_input" } }],
    /missing required field: label/,
  ],
  ["a hint of 2,001 characters", [input({ type: "plain_text_input" }, { hint: plain(long(2001)) })], /less than 2001/],
  [
    "an image without alt_text",
    [{ type: "image", image_url: "https://acme.test/a.png" }],
    /missing required field: alt_text/,
  ],
  ["markdown of 12,001 characters", [{ type: "markdown", text: long(12_001) }], /less than 12001/],
];

describe("Block Kit: what a message's blocks may not be", () => {
  for (const [name, blocks, words] of blockFaults) {
    it(`refuses ${name}`, () => {
      const { error, messages } = refusal(() => checkBlocks(blocks));
      assert.equal(error, "invalid_blocks");
      assert.match(messages.join("\n"), words);
    });
  }

  it("refuses what is no list", () => {
    assert.equal(refusal(() => checkBlocks({ type: "divider" })).error, "invalid_blocks_format");
  });

  it("refuses more than 13,200 characters in all", () => {
    const four = times(4, () => section(long(3000)));
    assert.equal(checkBlocks(four).length, 4);
    assert.equal(refusal(() => checkBlocks([...four, section(long(1200))])).error, "msg_blocks_too_long");
  });

  it("names every fault at once", () => {
    assert.equal(refusal(() => checkBlocks([section(""), { type: "header", text: plain("") }])).messages.length, 2);
  });

  it("takes everything that is just at its limit", () => {
    const blocks = [
      section(long(3000)),
      { type: "section", fields: times(10, () => plain("x")), accessory: button({ value: long(2000) }) },
      { type: "header", text: plain(long(150)) },
      {
        type: "context",
        elements: [plain("x"), { type: "image", image_url: "https://acme.test/a.png", alt_text: "a" }],
      },
      actions(...times(25, (n) => button({ action_id: `a${n}` }))),
      actions(select({ options: [choice(1), choice(2)], initial_option: choice(2), placeholder: plain(long(150)) })),
      input({ type: "plain_text_input", multiline: true, max_length: 3000 }, { optional: true }),
      { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: "x" }] }] },
    ];
    assert.deepEqual(checkBlocks(blocks), blocks);
    assert.equal(checkBlocks([actions(select({ options: times(100, choice) }))]).length, 1);
  });
});

const viewFaults: [string, unknown, RegExp][] = [
  ["no view", undefined, /must provide a valid object|missing required field/],
  ["101 blocks", modal({ blocks: times(101, () => ({ type: "divider" })) }), /no more than 100 items/],
  [
    "a title of 25 characters",
    modal({ title: plain(long(25)) }),
    /less than 25 characters \[json-pointer:\/view\/title\/text\]/,
  ],
  ["a submit of 25 characters", modal({ submit: plain(long(25)) }), /less than 25/],
  ["a close of 25 characters", modal({ close: plain(long(25)) }), /less than 25/],
  ["private_metadata of 3,001 characters", modal({ private_metadata: long(3001) }), /less than 3001/],
  ["a callback_id of 256 characters", modal({ callback_id: long(256) }), /less than 256/],
  ["an input without a submit", modal({ blocks: [input({ type: "plain_text_input" })] }), /must have a submit/],
  ["a markdown block", modal({ blocks: [{ type: "markdown", text: "x" }] }), /unsupported type: markdown/],
  ["a key that no view has", modal({ subtitle: "x" }), /invalid additional property: subtitle/],
  ["another type than a modal", { ...modal(), type: "window" }, /allowed values: modal/],
];

describe("Block Kit: what a view may not be", () => {
  for (const [name, view, words] of viewFaults) {
    it(`refuses ${name}`, () => {
      const { error, messages } = refusal(() => checkView(view));
      assert.equal(error, "invalid_arguments");
      assert.match(messages.join("\n"), words);
    });
  }

  it("refuses a view of more than 250 kB", () => {
    const huge = modal({ blocks: times(90, () => section(long(2900))) });
    assert.equal(refusal(() => checkView(huge)).error, "view_too_large");
  });

  it("takes 100 blocks and 3,000 characters of private_metadata", () => {
    const view = modal({
      title: plain(long(24)),
      submit: plain(long(24)),
      private_metadata: long(3000),
      blocks: times(100, () => ({ type: "divider" })),
    });
    assert.deepEqual(checkView(view), view);
  });
});
