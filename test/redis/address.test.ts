import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CodedError } from "../../src/errors.ts";
import { parseRedisUrl } from "../../src/redis/address.ts";

describe("REDIS_URL", () => {
  it("names one server, as ioredis reads it", () => {
    const url = "rediss://user:p%40ss@redis.acme.test:6380/3";
    assert.deepEqual(parseRedisUrl(url), { kind: "single", url, tls: true, name: "rediss://redis.acme.test:6380" });
  });

  it("names Sentinels, and the master they are to be asked for", () => {
    assert.deepEqual(
      parseRedisUrl("redis+sentinel://bg:p%40ss@s1,s2:26380,[::1]:26381/main/2?sentinel_password=x%2Fy"),
      {
        kind: "sentinel",
        name: "redis+sentinel://s1,s2:26380,[::1]:26381/main",
        tls: false,
        username: "bg",
        password: "p@ss",
        sentinels: [
          { host: "s1", port: 26379 },
          { host: "s2", port: 26380 },
          { host: "::1", port: 26381 },
        ],
        master: "main",
        db: 2,
        sentinelLogin: { username: undefined, password: "x/y" },
      },
    );
  });

  it("names some of a Cluster", () => {
    assert.deepEqual(parseRedisUrl("rediss+cluster://:secret@c1:7000,c2"), {
      kind: "cluster",
      name: "rediss+cluster://c1:7000,c2",
      tls: true,
      password: "secret",
      nodes: [
        { host: "c1", port: 7000 },
        { host: "c2", port: 6379 },
      ],
    });
  });

  for (const [url, why] of [
    ["redis-sentinel://s1/main", /can't be read/],
    ["redis://:s3cret@h1:6379,h2:6379", /can't be read/],
    ["redis://:s3cret@h1,h2", /several hosts, and not whether/],
    ["redis+sentinel://:s3cret@s1:26379", /which master/],
    ["redis+sentinel://:s3cret@s1/main/one", /a database's number at most/],
    ["redis+sentinel://:s3cret@s1/main?role=slave", /no options but/],
    ["redis+sentinel://:s3cret@s1:0/main", /hosts are not like/],
    ["redis+sentinel://:s3cret@s1:99999/main", /hosts are not like/],
    ["redis+sentinel://:s3cret%@s1/main", /percent sign/],
    ["redis+cluster://:s3cret@", /hosts are not like/],
    ["redis+cluster://:s3cret@c1,,c2", /hosts are not like/],
    ["redis+cluster://:s3cret@c1/1", /no numbered databases/],
    ["redis+cluster://:s3cret@c1?tls=true", /takes no options/],
    ["redis+cluster://:s3@cret@c1", /can't be read/],
  ] as const) {
    it(`refuses ${url} in words, and repeats no password`, () => {
      assert.throws(
        () => parseRedisUrl(url),
        (error) =>
          error instanceof CodedError &&
          error.code === "CONFIG_INVALID" &&
          why.test(error.message) &&
          error.next.includes("redis+cluster://") &&
          !error.message.includes("s3cret"),
      );
    });
  }
});
