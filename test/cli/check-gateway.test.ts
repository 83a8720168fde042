import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { checkGateway } from "../../src/cli/doctor/check-gateway.ts";
import { certificate } from "../support/certificate.ts";

const without =
  spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl to make certificates with";

describe("breakglass doctor, at the session gateway", { skip: without }, () => {
  let files: ReturnType<typeof certificate>;
  before(() => {
    files = certificate();
  });
  after(() => rm(files.dir, { recursive: true, force: true }));

  const look = async (change: object = {}, now = Date.now() - 30 * 86_400_000) => {
    const { certFile, keyFile } = files;
    const config = {
      host: "10.0.0.5",
      port: 5432,
      tls: { certFile, keyFile },
      publicHost: "localhost",
      publicPort: 6432,
    };
    const found = await checkGateway({ ...config, ...change }, now);
    return found.map(({ standing, text }) => `${standing}: ${text}`);
  };

  it("says where it is, and until when its certificate is good", async () => {
    assert.deepEqual(await look(), [
      "fine: listens on 10.0.0.5:5432; people reach it at localhost:6432",
      "fine: its certificate is for localhost, 31 days more",
    ]);
    assert.match((await look({ publicHost: "127.0.0.1" }))[1] ?? "", /^fine: its certificate is for 127\.0\.0\.1/);
  });

  it("warns of what will be wrong, and names what is", async () => {
    assert.equal((await look({ tls: undefined }))[1], "warning: sessions come in the clear");
    assert.match((await look({}, Date.now()))[1] ?? "", /^warning: its certificate ends in 1 day$/);
    assert.match((await look({}, Date.now() + 9 * 86_400_000))[1] ?? "", /^problem: its certificate ended /);
    assert.equal((await look({ publicHost: "db.acme.test" }))[1], "warning: its certificate is not for db.acme.test");
    const keyFile = `${files.dir}/other.key`;
    await writeFile(keyFile, "no key");
    assert.equal(
      (await look({ tls: { certFile: files.certFile, keyFile } }))[1],
      "problem: its certificate can't be used",
    );
  });
});
