import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CodedError, type Code } from "../../src/errors.ts";
import type { Credential, GrantOrder, Handle, Provider } from "../../src/providers/provider.ts";

/** What the contract needs to know about one kind of target. */
export interface Subject<Role> {
  readonly provider: Provider<Role>;
  /** The same kind of provider for a target that isn't there. */
  readonly unreachable: Provider<Role>;
  readonly role: Role;
  /** Whether these credentials let somebody in at this moment. */
  works(credential: Credential): Promise<boolean>;
  stop(): Promise<void>;
}

/** Checks that a promise fails with a {@link CodedError} of that code. */
export async function failsWith(code: Code, action: () => Promise<unknown>): Promise<CodedError> {
  const thrown = await action().then(
    () => assert.fail(`expected ${code}, but it succeeded`),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof CodedError, `expected ${code}, got ${String(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  return thrown;
}

/** A signal for calls that nobody means to cut off. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(20_000);
}

/** What every provider owes, whatever its target is. */
export function providerContract<Role>(kind: string, start: () => Promise<Subject<Role>>): void {
  describe(`the provider contract: ${kind}`, () => {
    let subject: Subject<Role>;
    before(async () => {
      subject = await start();
    });
    after(() => subject.stop());

    const order = (request: string): GrantOrder<Role> => ({
      request,
      person: "alice",
      role: subject.role,
      deadline: Date.now() + 600_000,
    });
    const listed = async (request: string): Promise<Handle[]> =>
      (await subject.provider.list(patience())).filter((handle) => handle.request === request);

    it("gives access that works, is listed, and ends", async () => {
      const { handle, credential } = await subject.provider.grant(order("BG-000001"), patience());
      assert.equal(handle.request, "BG-000001");
      assert.equal(handle.name, "bg_000001");
      assert.ok(credential);
      assert.equal(await subject.works(credential), true);
      assert.deepEqual(await listed("BG-000001"), [handle]);

      const done = await subject.provider.revoke(handle, patience());
      assert.ok(done.length > 0);
      assert.equal(await subject.works(credential), false);
      assert.deepEqual(await listed("BG-000001"), []);
    });

    it("asked again for one request, leaves one principal, and the newest credential works", async () => {
      const first = await subject.provider.grant(order("BG-000002"), patience());
      const second = await subject.provider.grant(order("BG-000002"), patience());
      assert.ok(first.credential && second.credential);
      assert.deepEqual(second.handle, first.handle);
      assert.deepEqual(await listed("BG-000002"), [second.handle]);
      assert.equal(await subject.works(second.credential), true);
      assert.equal(await subject.works(first.credential), false);
      await subject.provider.revoke(second.handle, patience());
    });

    it("ends one request's access and leaves the same person's other one (P11)", async () => {
      const [ended, kept] = await Promise.all([
        subject.provider.grant(order("BG-000003"), patience()),
        subject.provider.grant(order("BG-000004"), patience()),
      ]);
      await subject.provider.revoke(ended.handle, patience());
      assert.ok(kept.credential);
      assert.equal(await subject.works(kept.credential), true);
      assert.deepEqual(await listed("BG-000004"), [kept.handle]);
      await subject.provider.revoke(kept.handle, patience());
    });

    it("succeeds at revoking what is gone, and what never was", async () => {
      const { handle } = await subject.provider.grant(order("BG-000005"), patience());
      await subject.provider.revoke(handle, patience());
      await subject.provider.revoke(handle, patience());
      await subject.provider.revoke({ request: "BG-ZZZZZZ", name: "bg_zzzzzz" }, patience());
      assert.deepEqual(await listed("BG-000005"), []);
    });

    it("finds by name alone what a grant without an answer left", async () => {
      const { credential } = await subject.provider.grant(order("BG-000006"), patience());
      await subject.provider.revoke({ request: "BG-000006", name: "bg_000006" }, patience());
      assert.ok(credential);
      assert.equal(await subject.works(credential), false);
    });

    it("says that it is well, and changes nothing by looking", async () => {
      const before = await subject.provider.list(patience());
      assert.deepEqual(await subject.provider.check(patience()), { ok: true, problems: [] });
      assert.deepEqual(await subject.provider.list(patience()), before);
    });

    it("hands out no secret except inside a Secret", async () => {
      const granted = await subject.provider.grant(order("BG-000007"), patience());
      const password = granted.credential?.password.reveal() ?? assert.fail("no credential");
      const commands = subject.provider.byHand(granted.handle);
      assert.equal(JSON.stringify([granted, commands]).includes(password), false);
      assert.ok(commands.some((line) => line.includes("bg_000007")));
      await subject.provider.revoke(granted.handle, patience());
    });

    it("ends every call with TARGET_TIMEOUT when its signal aborts", async () => {
      const handle = { request: "BG-000008", name: "bg_000008" };
      const { provider } = subject;
      const calls = [
        (signal: AbortSignal) => provider.grant(order("BG-000008"), signal),
        (signal: AbortSignal) => provider.revoke(handle, signal),
        (signal: AbortSignal) => provider.list(signal),
        (signal: AbortSignal) => provider.check(signal),
      ];
      for (const call of calls) {
        await failsWith("TARGET_TIMEOUT", () => call(AbortSignal.abort()));
        const cut = new AbortController();
        const running = failsWith("TARGET_TIMEOUT", () => call(cut.signal));
        cut.abort();
        await running;
      }
      await provider.revoke(handle, patience());
    });

    it("says TARGET_UNREACHABLE when nobody is there, and what to do about it", async () => {
      const handle = { request: "BG-000009", name: "bg_000009" };
      await failsWith("TARGET_UNREACHABLE", () => subject.unreachable.grant(order("BG-000009"), patience()));
      await failsWith("TARGET_UNREACHABLE", () => subject.unreachable.revoke(handle, patience()));
      await failsWith("TARGET_UNREACHABLE", () => subject.unreachable.list(patience()));
      const health = await subject.unreachable.check(patience());
      assert.equal(health.ok, false);
      assert.match(health.problems.join(" "), /See that/);
    });
  });
}
