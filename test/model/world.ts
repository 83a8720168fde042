import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Order } from "../../src/app/order.ts";
import { CodedError } from "../../src/errors.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { PlainChat } from "../support/plain-chat.ts";
import type { TestRedis } from "../support/redis.ts";
import { MINUTE, T0 } from "../support/scene.ts";
import { until } from "../support/until.ts";
import { modelPolicy, type Person } from "./model-policy.ts";
import { Machines } from "./model-clock.ts";
import { ModelTarget, type GrantCall } from "./model-target.ts";
import { Oracle } from "./oracle.ts";
import { Bot, Worker, type Shared } from "./replicas.ts";
import type { Step, Which } from "./steps.ts";

const POLICY = modelPolicy();
/** A revoke that failed is tried again within this. */
const RETRY_MS = MINUTE;
const EVERYTHING = 10_000;
/** So often it is looked whether anything but a call that waits for the target is still under way. */
const QUIET = 3;

/** Two bots, two workers with a mirror each, a clock for each of them, one Redis, one target and one chat; and what has to hold of them. */
export class World {
  readonly chat = new PlainChat();
  readonly target: ModelTarget;
  readonly oracle = new Oracle();
  /** Requests that somebody was told are recorded, in that order. */
  readonly acknowledged: string[] = [];
  /** What a worker was at when it died: the target may do it yet, and nobody hears of it. */
  readonly abandoned = new Set<string>();
  now = T0;
  readonly #server: TestRedis;
  readonly #dir: string;
  readonly #shared: Omit<Shared, "now">;
  readonly #machines = new Machines(
    () => this.now,
    () => !this.#isDown,
  );
  readonly #bots: readonly [Bot, Bot];
  readonly #workers: Worker[] = [];
  /** Calls of each worker that wait for the target. */
  readonly #underWay: [Set<Promise<void>>, Set<Promise<void>>] = [new Set(), new Set()];
  #isDown = false;
  #deliveries = 0;
  /** How long Redis's append-only file was, in bytes. */
  #begunAt = 0;
  #fault: unknown = undefined;

  private constructor(server: TestRedis, dir: string) {
    this.target = new ModelTarget(() => this.now);
    this.#server = server;
    this.#dir = dir;
    this.#shared = { url: server.url, policy: POLICY, kind: this.target.kind, chat: this.chat };
    const bot = (which: Which) => new Bot({ ...this.#shared, now: this.#machines.clockOf(which) });
    this.#bots = [bot(0), bot(1)];
    this.target.onGrant = (call) => {
      this.#note(() => {
        this.#assertDurable(call);
      });
    };
    this.target.onRevoke = (request) => {
      this.#note(() => {
        this.#assertDue(request);
      });
    };
  }

  /** A new one, on a Redis that is emptied for it. */
  static async open(server: TestRedis): Promise<World> {
    const world = new World(server, await mkdtemp(join(tmpdir(), "bg-model-")));
    await world.#answers();
    await world.#bots[0].redis.flushall();
    world.#begunAt = await server.appendedBytes();
    for (const worker of [0, 1] as const) world.#workers[worker] = await world.#startWorker(worker);
    await world.sweepBoth();
    return world;
  }

  /** Whether Redis is there. */
  get isDown(): boolean {
    return this.#isDown;
  }

  get ledger(): Ledger {
    return this.#bots[0].ledger;
  }

  async do(step: Step): Promise<void> {
    switch (step.do) {
      case "ask":
        await this.#ask(step.who, step.role, step);
        return;
      case "askAgain": {
        const after = this.#nth(step.nth);
        const role = after === undefined ? undefined : this.oracle.lives.get(after)?.role;
        if (role !== undefined) await this.#ask(step.who, role, { ...step, twice: false, after });
        return;
      }
      case "want": {
        const id = this.#nth(step.nth);
        const { wish: type } = step;
        if (id !== undefined) await this.#order(step.who, { type, id, reason: "because" }, step);
        return;
      }
      case "wait":
        this.now += step.ms;
        this.target.expire();
        await this.#settle();
        return;
      case "jump":
        this.#machines.jump(step.machine, step.ms);
        return;
      case "sweep":
        await this.#sweep(step.worker);
        return;
      case "sweepBoth":
        await this.sweepBoth();
        this.#assertNothingStands();
        return;
      case "tell":
        await this.#unlessAway(this.#bots[step.bot].tell());
        return;
      case "tellBoth":
        await this.tellBoth();
        return;
      case "reconcile":
        await this.#workers[step.worker]?.reconcile();
        return;
      case "target":
        this.target.grants = step.grants;
        this.target.revokes = step.revokes;
        return;
      case "letGo":
        for (const request of await this.target.letGo()) this.abandoned.add(request);
        await this.#settle();
        return;
      case "chat":
        this.chat.next = () => step.fault;
        return;
      case "flush":
        await this.#flush();
        return;
      case "cut":
        await this.#cut(step.bytes);
        return;
      case "freeze":
        await this.#freeze(step);
        return;
      case "killRedis":
        if (!this.#isDown) await this.#server.kill();
        this.#isDown = true;
        return;
      case "startRedis":
        await this.startRedis();
        return;
      case "die":
        await this.#die(step.worker);
    }
  }

  async sweepBoth(): Promise<void> {
    await Promise.all([this.#sweep(0), this.#sweep(1)]);
  }

  async tellBoth(): Promise<void> {
    await Promise.all(this.#bots.map((bot) => this.#unlessAway(bot.tell())));
  }

  async startRedis(): Promise<void> {
    if (!this.#isDown) return;
    await this.#server.restart();
    await this.#answers();
    this.#isDown = false;
  }

  /** The ledger's lines, where Redis is there and whole. */
  async chain(): Promise<string[] | undefined> {
    if (this.#isDown || (await this.ledger.standing()).whole === undefined) return undefined;
    return await this.ledger.range(1, EVERYTHING);
  }

  mirror(worker: Which): string[] {
    const path = this.#mirrorPath(worker);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  }

  /** What was found while something else was at it. */
  throwFault(): void {
    assert.ifError(this.#fault);
  }

  async close(): Promise<void> {
    await this.target.letGo();
    await this.startRedis();
    await this.#settle();
    for (const worker of this.#workers) await worker.die();
    for (const bot of this.#bots) bot.redis.disconnect();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #ask(
    who: Person,
    role: string,
    how: { readonly bot: Which; readonly twice: boolean; readonly after?: string | undefined },
  ): Promise<void> {
    this.#deliveries += 1;
    const { after } = how;
    const asked = {
      target: "db",
      role,
      justification: "orders are stuck",
      delivery: `${this.#dir} ${this.#deliveries}`,
    };
    const order: Order = { type: "OpenRequest", ...asked, ...(after === undefined ? {} : { after }) };
    const ids = await this.#order(who, order, how);
    assert.ok(new Set(ids).size <= 1, "P6: one call, one request");
    this.acknowledged.push(...ids.slice(0, 1));
  }

  /** @returns the requests that it was recorded of */
  async #order(
    who: Person,
    order: Order,
    { bot, twice }: { readonly bot: Which; readonly twice: boolean },
  ): Promise<string[]> {
    const caller = { via: "slack", account: `U0${who.toUpperCase()}` } as const;
    const bots = twice ? this.#bots : [this.#bots[bot]];
    const outcomes = await Promise.allSettled(bots.map(async ({ handle }) => await handle(caller, order)));
    return outcomes.flatMap((outcome) => {
      if (outcome.status === "fulfilled") return [outcome.value.state.id];
      if (!(outcome.reason instanceof CodedError) || outcome.reason.code === "INTERNAL") throw outcome.reason;
      return [];
    });
  }

  #nth(nth: number): string | undefined {
    return this.acknowledged.at(-1 - nth);
  }

  async #sweep(which: Which): Promise<void> {
    const underWay = this.#underWay[which];
    const sweeping = (this.#workers[which]?.sweep() ?? Promise.resolve()).catch((error: unknown) => {
      this.#fault ??= error;
    });
    underWay.add(sweeping);
    void sweeping.finally(() => underWay.delete(sweeping));
    await this.#settle();
  }

  /** Everything is done but what waits for the target, and what waits for that. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET;) {
      const running = [...this.#underWay[0], ...this.#underWay[1]];
      if (running.length === 0) return;
      await Promise.race([...running, setTimeout(5)]);
      quiet = this.target.waiting === 0 ? 0 : quiet + 1;
    }
  }

  async #unlessAway(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#isDown && !(error instanceof CodedError)) throw error;
    }
  }

  /** Redis loses what every mirror has, which is all but what came within the last second. */
  async #flush(): Promise<void> {
    if (this.#isDown || (await this.chain()) === undefined) return;
    for (const { mirror } of this.#workers) await mirror.catchUp();
    await this.#bots[0].redis.flushall();
  }

  /** It is started again from a file that lost its end: as a flush, but that some of it is still there. */
  async #cut(bytes: number): Promise<void> {
    if (this.#isDown || (await this.chain()) === undefined) return;
    for (const { mirror } of this.#workers) await mirror.catchUp();
    // What was there before this world must not come back.
    const own = (await this.#server.appendedBytes()) - this.#begunAt;
    await this.#server.restart({ cutBytes: Math.min(bytes, own) });
    await this.#answers();
  }

  /** Redis stands still while somebody asks, both workers look and both bots tell. */
  async #freeze({ ms, who, role, bot }: Extract<Step, { do: "freeze" }>): Promise<void> {
    if (this.#isDown) return;
    this.#server.pause();
    this.#isDown = true;
    const asked = this.#ask(who, role, { bot, twice: false });
    const work = Promise.allSettled([asked, this.sweepBoth(), this.tellBoth()]);
    await setTimeout(ms);
    this.#server.resume();
    const failed = (await work).find(({ status }) => status === "rejected");
    await this.#answers();
    this.#isDown = false;
    if (failed?.status === "rejected") throw failed.reason;
  }

  async #die(which: Which): Promise<void> {
    const had = this.#underWay[which].size > 0;
    if (had) for (const { request } of this.target.granted) this.abandoned.add(request);
    this.#underWay[which].clear();
    await this.#workers[which]?.die();
    this.#workers[which] = await this.#startWorker(which);
  }

  async #startWorker(which: Which): Promise<Worker> {
    return await Worker.start({ ...this.#shared, now: this.#machines.clockOf(2 + which) }, this.#mirrorPath(which));
  }

  #mirrorPath(which: Which): string {
    return join(this.#dir, `mirror-${which}.jsonl`);
  }

  async #answers(): Promise<void> {
    await until(async () => {
      const all = [...this.#bots, ...this.#workers];
      const answers = await Promise.all(all.map(async (each) => await each.answers()));
      return answers.every(Boolean) ? true : undefined;
    }, "Redis");
  }

  #note(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#fault ??= error;
    }
  }

  #assertDurable({ request, deadline }: GrantCall): void {
    const lines = [...this.mirror(0), ...this.mirror(1)];
    const isThere = lines.some(
      (line) =>
        line.includes('"GrantStarted"') && line.includes(`"${request}"`) && line.includes(`"deadline":${deadline}`),
    );
    assert.ok(isThere, `P1, P5: the deadline of ${request} is not on disk when the target is asked`);
    assert.ok(this.now < deadline, "nothing is given after its deadline");
  }

  /** Access is taken for a reason of its own request's alone. */
  #assertDue(request: string): void {
    const own = [...this.mirror(0), ...this.mirror(1)].filter((line) => line.includes(`"${request}"`));
    const isDue = this.now >= this.target.deadlineOf(request);
    const why = isDue || this.abandoned.has(request) || own.some((line) => /"(RevokeStarted|GrantFailed)"/.test(line));
    const isEnded = this.oracle.lives.get(request)?.endAt !== undefined;
    if (!why && !isEnded) this.#suspects.add(request);
  }

  /** Revokes whose reason is in Redis alone so far. */
  readonly #suspects = new Set<string>();

  /** What was taken away had a reason in the ledger. */
  assertReasons(): void {
    for (const request of this.#suspects) {
      const life = this.oracle.lives.get(request);
      const isMeant = life?.endAt !== undefined || (life?.counts.get("GrantFailed") ?? 0) > 0;
      assert.ok(isMeant, `P11: the access of ${request} was taken away, and nothing was to end it`);
    }
    this.#suspects.clear();
  }

  /** After both workers have looked: who has access may have it, or its last revoke failed less than a minute ago. */
  #assertNothingStands(): void {
    for (const request of this.target.access.keys()) {
      const endAt = this.#isDown ? Infinity : (this.oracle.lives.get(request)?.endAt ?? Infinity);
      const end = Math.min(this.target.deadlineOf(request), endAt);
      const retryAt = (this.target.failedAt.get(request) ?? -Infinity) + RETRY_MS;
      const isExcused = this.now < retryAt || this.abandoned.has(request);
      assert.ok(this.now < end || isExcused, `P2, P4: ${request} has access ${this.now - end} ms after its end`);
    }
  }
}
