import assert from "node:assert/strict";
import { parseEntry, type Entry } from "../../src/ledger/entry.ts";
import { MINUTE } from "../support/scene.ts";
import { DEFAULT_MS, EMERGENCY_AFTER_MS, REQUESTERS, ROLES, type Person, type Role } from "./model-policy.ts";

/** What the model makes of one request, from nothing but its entries. */
export class Life {
  readonly requester: Person;
  readonly role: Role;
  readonly openedAt: number;
  readonly approvers = new Set<Person>();
  readonly counts = new Map<string, number>();
  deadline: number | undefined;
  endAt: number | undefined;
  isOver = false;

  constructor(entry: Entry) {
    const { requester, role } = entry.data;
    this.requester = requester as Person;
    this.role = role as Role;
    this.openedAt = Date.parse(entry.at);
    assert.ok(REQUESTERS.includes(this.requester), "P10: only who may ask has asked");
    if (ROLES[this.role].quorum === 0) this.deadline = this.openedAt + DEFAULT_MS;
  }

  /** Holds a further entry against the promises. */
  see({ type, at: iso, actor, data }: Entry): void {
    const at = Date.parse(iso);
    const person = actor.person as Person;
    const { quorum, approvers, emergencyMs } = ROLES[this.role];
    const count = (this.counts.get(type) ?? 0) + 1;
    this.counts.set(type, count);
    switch (type) {
      case "ApprovalGiven":
        this.#assertUndecided();
        assert.notEqual(person, this.requester, "P10: nobody approves their own request");
        assert.ok((approvers as readonly Person[]).includes(person), `P10: ${person} is no approver`);
        assert.ok(!this.approvers.has(person), "P6: a person counts once");
        this.approvers.add(person);
        if (this.approvers.size === quorum) this.deadline = at + DEFAULT_MS;
        return;
      case "EmergencyInvoked":
        this.#assertUndecided();
        assert.equal(person, this.requester);
        assert.ok(emergencyMs !== undefined && at >= this.openedAt + EMERGENCY_AFTER_MS, "P10: an emergency in time");
        this.deadline = at + emergencyMs;
        return;
      case "RequestDenied":
      case "RequestWithdrawn":
      case "RequestLapsed":
        this.#assertUndecided();
        if (type === "RequestWithdrawn") assert.equal(person, this.requester);
        if (type === "RequestDenied") assert.ok((approvers as readonly Person[]).includes(person), "P10: a denial");
        this.isOver = true;
        return;
      case "GrantStarted":
        assert.ok(this.deadline !== undefined, "P10: access without a decision");
        assert.equal(data["deadline"], this.deadline, "P12: a deadline never moves");
        assert.ok(at < this.deadline && !this.isOver && this.endAt === undefined, "nothing is begun after its end");
        return;
      case "GrantSucceeded":
      case "GrantFailed":
        // An answer that comes after its end is ended once more.
        if ((this.counts.get("RevokeSucceeded") ?? 0) > 0) this.counts.delete("RevokeSucceeded");
        assert.ok(count <= (this.counts.get("GrantStarted") ?? 1), `P6: ${type} of nothing that was begun`);
        return;
      case "CredentialRevealed":
      case "ExpiryWarned":
      case "RevokeSucceeded":
      case "RequestOpened":
        assert.equal(count, 1, `P6: a second ${type}`);
        if (type === "RevokeSucceeded") this.isOver = true;
        return;
      case "RevokeStarted":
        assert.equal(this.endAt, undefined, "P6: a second end");
        this.endAt = Number(data["endAt"]);
        if (data["cause"] === "deadline") assert.equal(this.endAt, this.deadline);
        else assert.ok(this.endAt <= at && this.endAt <= (this.deadline ?? Infinity) + MINUTE);
        return;
      default:
    }
  }

  /** Whether a grant was under way at its end: it has not answered yet, or did after it. */
  get hadUnansweredGrant(): boolean {
    const [begun, given, failed] = ["GrantStarted", "GrantSucceeded", "GrantFailed"].map(
      (type) => this.counts.get(type) ?? 0,
    ) as [number, number, number];
    return begun > given + failed || !this.counts.has("RevokeSucceeded");
  }

  #assertUndecided(): void {
    assert.ok(this.deadline === undefined && !this.isOver, "P6: it was decided already");
  }
}

/** What a ledger has said so far; nothing of it may ever be otherwise. */
export class Oracle {
  readonly lives = new Map<string, Life>();
  readonly #hashes: string[] = [];

  /** How many entries there were. */
  get size(): number {
    return this.#hashes.length;
  }

  /** Takes the ledger as it is now. @returns the entries that are new */
  see(lines: readonly string[]): Entry[] {
    const entries = lines.map(parseEntry);
    assert.deepEqual(
      entries.slice(0, this.#hashes.length).map(({ hash }) => hash),
      this.#hashes,
      "P5: an entry was lost, or another stands in its place",
    );
    const fresh = entries.slice(this.#hashes.length);
    for (const entry of fresh) {
      this.#hashes.push(entry.hash);
      const { request, type } = entry;
      if (request === undefined) continue;
      if (type === "RequestOpened" && !this.lives.has(request)) this.lives.set(request, new Life(entry));
      const life = this.lives.get(request);
      assert.ok(life, `${request} was never opened`);
      life.see(entry);
    }
    return fresh;
  }
}
