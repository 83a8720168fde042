import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inChromium, withoutChromium } from "./browser.ts";
import { onStage } from "./listening-bot.ts";

/** What is sent, and the HTML it becomes. */
const CASES: readonly [string, string][] = [
  ["*bold* _italic_ ~gone~ `a *b*`", "<strong>bold</strong> <em>italic</em> <s>gone</s> <code>a *b*</code>"],
  ["snake_case_name 2*3*4", "snake_case_name 2*3*4"],
  ["*a _b_*", "<strong>a <em>b</em></strong>"],
  ["&lt;b&gt; &amp;lt;", "&lt;b&gt; &amp;lt;"],
  ["one\ntwo", "one<br>two"],
  ["&gt; said\n&gt; so\nreply", "<blockquote>said<br>so</blockquote>reply"],
  ["```\nSELECT 1;\n*x*\n```", "<pre>SELECT 1;\n*x*</pre>"],
  ["<@U0BOB> in <#C0INCIDENTS>", '<span class="mention">@Bob</span> in <span class="mention">#incidents</span>'],
  ["<!channel>", '<span class="mention">@channel</span>'],
  [
    "<https://a.test/?x=1&amp;y=2|here>",
    '<a href="https://a.test/?x=1&amp;y=2" target="_blank" rel="noopener noreferrer">here</a>',
  ],
  ["<javascript:alert(1)|here>", "&lt;javascript:alert(1)|here&gt;"],
  ["<!date^x^{date}|then>", '<span class="mention">then</span>'],
  [":warning: :no_such_emoji:", "⚠️ :no_such_emoji:"],
];

describe("mrkdwn on the demo's page", { skip: withoutChromium }, () => {
  it("becomes what Slack shows, and links only to the web", async () => {
    await onStage(async ({ slack }) => {
      await inChromium(slack.url, async (page) => {
        const drawn = await page.evaluate<string[]>(`import("/page/mrkdwn.js").then(({ renderMrkdwn }) => {
          const names = { person: () => "Bob", channel: () => "incidents", group: () => "dba" };
          return ${JSON.stringify(CASES.map(([sent]) => sent))}.map((sent) => {
            const box = document.createElement("div");
            box.append(renderMrkdwn(sent, names));
            return box.innerHTML;
          });
        })`);
        assert.deepEqual(
          drawn,
          CASES.map(([, html]) => html),
        );
      });
    });
  });

  it("shows dates in words, with a 24-hour clock", async () => {
    await onStage(async ({ slack }) => {
      await inChromium(slack.url, async (page) => {
        const drawn = await page.evaluate<string[]>(`import("/page/format-date.js").then(({ formatDate }) => {
          const now = new Date(2026, 10, 23, 0, 30, 5);
          const at = now.getTime() / 1000;
          return [at, at - 86400, at - 40 * 86400].map((then) => formatDate(then, "{date_short_pretty} {time_secs} {x}", now));
        })`);
        assert.deepEqual(drawn.slice(0, 2), ["Today 00:30:05 {x}", "Yesterday 00:30:05 {x}"]);
        assert.match(drawn[2] ?? "", /2026/);
      });
    });
  });
});
