import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import express from "express";
import type { Behind, Confirmations } from "../../src/app/confirmations.ts";
import type { BehindCredential, Reveals } from "../../src/app/reveals.ts";
import { Throttle } from "../../src/app/throttle.ts";
import type { KeyChange } from "../../src/domain/keys.ts";
import { silent } from "../../src/log.ts";
import { isInTheClear, relyingParty } from "../../src/stepup/relying-party.ts";
import { drawCredentialPage } from "../../src/web/credential-page.ts";
import { drawPage } from "../../src/web/step-up-pages.ts";
import { pageRoutes } from "../../src/web/page-routes.ts";
import { by, opened, stateOf, T0 } from "../domain/given.ts";

const NASTY = `</dd><script>alert(1)</script><img src=x onerror=alert(1)>"'&`;
const waiting: Behind = {
  kind: "confirm",
  person: "carol",
  action: "approve",
  until: T0,
  about: { request: stateOf(opened({ justification: NASTY })) },
};
const change: KeyChange = {
  id: "KEY-7K3M2Q",
  kind: "remove",
  person: "alice",
  keyName: NASTY,
  askedBy: by("alice"),
  askedAt: T0,
  phase: "asked",
};
const credential: BehindCredential = {
  kind: "credential",
  person: "alice",
  until: T0,
  request: stateOf(opened({ justification: NASTY })),
  takesKey: true,
};
const sealedRequest = { ...credential.request, verdict: { ...credential.request.verdict, provider: "vault" } };
const drawing = { nameOf: (person: string) => `${person} <b>`, extraScripts: [] };

/** Every page there is. */
const pages: Readonly<Record<string, Behind>> = {
  "an approval": waiting,
  "a request of one's own": { ...waiting, action: "ask" },
  "going ahead alone": { ...waiting, action: "break-glass" },
  "a change of keys": { kind: "confirm", person: "carol", action: "confirm-key", until: T0, about: { change } },
  "an enrolment": { kind: "enrol", person: "alice", until: T0, change: { ...change, kind: "add" } },
  "a used link": { kind: "over", why: "used" },
  "an old link": { kind: "over", why: "expired" },
  "no link": { kind: "over", why: "unknown" },
};
const shut = { kind: "shut", request: credential.request } as const;
const drawn: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(pages).map(([what, behind]) => [what, drawPage(behind, drawing).page])),
  "a credential, by key": drawCredentialPage(credential, drawing).page,
  "a credential, without a key": drawCredentialPage({ ...credential, takesKey: false }, drawing).page,
  "a credential that was shown": drawCredentialPage({ ...shut, why: "shown" }, drawing).page,
  "a sealed account's": drawCredentialPage({ ...credential, request: sealedRequest }, drawing).page,
  "a sealed account's that was shown": drawCredentialPage({ ...shut, why: "shown", request: sealedRequest }, drawing)
    .page,
  "an old link to a credential": drawCredentialPage({ kind: "over", why: "expired" }, drawing).page,
};

describe("the pages", () => {
  for (const [what, page] of Object.entries(drawn)) {
    it(`of ${what}: nothing inline, nothing from elsewhere, what people wrote as text`, () => {
      assert.doesNotMatch(page, /<style|\sstyle=|<script>|\son\w+=(?!alert)|<img src=x|<b>|alert\(1\)<\/script>/);
      for (const [, from = ""] of page.matchAll(/(?:src|href)="([^"]+)"/g))
        assert.match(from, /^\.\.\/assets\/|^https:\/\/runbooks\.acme\.test/);
      assert.match(page, /<html lang="en">[^]*<meta name="viewport"[^]*<title>[^<]+ · Breakglass<\/title>/);
      assert.match(page, /<main>[^]*<h1[^]*<\/main>/);
    });
  }

  it("say exactly what is confirmed: who, what, where, how long, why, for whom", () => {
    const text = drawPage(waiting, { ...drawing, nameOf: (person) => person.toUpperCase() }).page;
    for (const [label, value] of [
      ["For whom", "ALICE"],
      ["What", "<strong>writer</strong>"],
      ["Where", "Orders database \\(production\\) \\(orders-db\\)"],
      ["How long", "15 min, from your approval on"],
      ["Why", "&lt;/dd&gt;&lt;script&gt;"],
    ])
      assert.match(text, new RegExp(`<dt>${label}</dt>\\s*<dd>${value}`));
    assert.match(text, /This is for <strong>CAROL<\/strong>, and works with a key of theirs only\./);
    // Whoever enrols their first has none yet.
    const enrolment = drawPage(pages["an enrolment"] ?? waiting, drawing).page;
    assert.match(enrolment, /This is for <strong>[^]*?<\/strong> alone\./);
    assert.doesNotMatch(enrolment, /a key of theirs/);
  });

  it("say that a key would be better to whoever has none, and how to come by one; and hold no secret", () => {
    assert.match(drawn["a credential, without a key"] ?? "", /A security key would be better[^]*\/breakglass key add/);
    assert.doesNotMatch(drawn["a credential, by key"] ?? "", /would be better/);
    assert.match(drawn["a credential, by key"] ?? "", /opens with a key of theirs only/);
  });

  it("offer no fresh password where it is the same for everybody", () => {
    assert.match(drawn["a credential, by key"] ?? "", /id="rotate"/);
    assert.match(drawn["a credential that was shown"] ?? "", /Rotate, in your direct message, makes a fresh one/);
    for (const page of ["a sealed account's", "a sealed account's that was shown"])
      assert.doesNotMatch(drawn[page] ?? "", /id="rotate"|Rotate/);
    assert.match(drawn["a sealed account's"] ?? "", /nobody has it again before it was rotated/);
    assert.match(drawn["a sealed account's that was shown"] ?? "", /ask whoever runs this service to rotate it/);
  });

  it("label what is to be filled in, and tell a screen reader what happens", () => {
    const page = drawPage(pages["an enrolment"] ?? waiting, drawing).page;
    assert.match(page, /<label for="name">[^]*<input\s+id="name"[^]*aria-describedby="name-hint"/);
    assert.match(page, /role="status" aria-live="polite"/);
    assert.match(page, /<noscript>/);
  });
});

describe("what every answer of the pages carries", () => {
  const web = express();
  // Looking is all that these routes ask for here.
  const look = () => Promise.resolve(waiting);
  const reveals = { look: () => Promise.resolve(credential) } as unknown as Reveals;
  const options = { party: relyingParty("http://localhost:3000"), nameOf: (person: string) => person, log: silent };
  pageRoutes(web, { ...options, confirmations: { look } as unknown as Confirmations, reveals, standIn: undefined });
  const server = web.listen(0, "127.0.0.1");
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  before(async () => {
    if (!server.listening) await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const token = "a".repeat(43);
  for (const [method, path, status] of [
    ["GET", `/confirm/${token}`, 200],
    ["GET", `/keys/${token}`, 200],
    ["GET", `/credential/${token}`, 200],
    ["POST", `/confirm/${token}`, 403],
    ["POST", `/credential/${token}`, 403],
    ...["options", "shown", "standing", "rotate", "fresh", "end"].map(
      (what) => ["POST", `/credential/${token}/${what}`, 403] as const,
    ),
    ["POST", `/keys/${token}/options`, 403],
    ["GET", "/assets/page.css", 200],
    ["GET", "/assets/key-page.js", 200],
    ["GET", "/assets/credential-page.js", 200],
    ["GET", "/assets/calls.js", 200],
    ["GET", "/assets/copy.js", 200],
    ["GET", "/assets/webauthn.js", 200],
    ["GET", "/assets/mark.svg", 200],
    ["GET", "/assets/tsconfig.json", 404],
    ["GET", "/assets/..%2f..%2fserve%2fstep-up.ts", 404],
  ] as const) {
    it(`${method} ${path.replace(token, "…")}`, async () => {
      const response = await fetch(at(path), { method });
      assert.equal(response.status, status);
      const { headers } = response;
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|http|\*|data:/);
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("set-cookie"), null);
      // A hash of the answer. Our own files' is of nothing secret.
      if (!path.startsWith("/assets/")) assert.equal(headers.get("etag"), null);
    });
  }

  it("nobody asks these routes without end", async () => {
    const statuses = new Set<number>();
    for (let nth = 0; nth < 100; nth++)
      statuses.add((await fetch(at(`/credential/${token}/standing`), { method: "POST" })).status);
    assert.deepEqual(statuses, new Set([403, 429]));
  });

  it("what a page loads is not counted with them, and has a measure of its own", async () => {
    assert.equal((await fetch(at("/assets/page.css"))).status, 200);
    const seen = new Set<number>();
    // As fast as it may be asked on a busy machine, or faster.
    for (let nth = 0; nth < 5_000 && !seen.has(429); nth += 400) {
      const asked = Array.from({ length: 400 }, async () => (await fetch(at("/assets/mark.svg"))).status);
      for (const status of await Promise.all(asked)) seen.add(status);
    }
    assert.deepEqual(seen, new Set([200, 429]));
  });
});

describe("a throttle", () => {
  it("lets so many through at once, then as time goes by, and each address for itself", () => {
    let now = 0;
    const throttle = new Throttle({ perSecond: 0.5, burst: 2 }, () => now);
    assert.deepEqual(
      [1, 2, 3].map(() => throttle.take("a")),
      [undefined, undefined, 2],
    );
    assert.equal(throttle.take("b"), undefined);
    now = 2_000;
    assert.deepEqual(
      [1, 2].map(() => throttle.take("a")),
      [undefined, 2],
    );
  });
});

describe("where pages are reached", () => {
  it("what is shown there crosses the network in the clear without TLS, but on this very machine", () => {
    for (const [url, clear] of [
      ["https://breakglass.acme.test", false],
      ["http://localhost:3000", false],
      ["http://127.0.0.1:3000", false],
      ["http://breakglass.acme.test", true],
      ["http://10.0.0.5:3000", true],
    ] as const)
      assert.equal(isInTheClear(url), clear, url);
  });
});
