import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import express from "express";
import { pageServer } from "../../src/demo/page-server.ts";

const server = express().use(pageServer()).listen(0, "127.0.0.1");
const at = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

describe("pageServer", () => {
  before(async () => {
    if (!server.listening) await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  it("serves the page and all that it names, under a policy that lets nothing else in", async () => {
    const page = await fetch(at("/"));
    const html = await page.text();
    assert.match(page.headers.get("content-type") ?? "", /text\/html/);
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'; script-src 'self'/);
    assert.doesNotMatch(html, /<style|style=|<script>|\son\w+=/);
    const named = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path ?? "");
    assert.ok(named.length > 5);
    for (const path of named) assert.equal((await fetch(at(path))).status, 200, path);
  });

  it("serves nothing of the folder that isn't the page", async () => {
    for (const path of ["/page/tsconfig.json", "/page/", "/page/..%2fpage-server.ts", "/page/%2e%2e/query-box.ts"])
      assert.equal((await fetch(at(path))).status, 404, path);
  });
});
