import type { KeyLine } from "../domain/command-line.ts";
import { isOpen } from "../domain/decide-keys.ts";
import { keysOf, type EnrolledKey, type Keys } from "../domain/keys.ts";
import { counted, type Text } from "../domain/text.ts";
import type { KeyDoor, KeyOutcome } from "./key-door.ts";
import type { Caller } from "./whois.ts";

/** Does what somebody typed after `/breakglass key`, on any platform, and gives what to answer: to them alone, it may hold a link. */
export async function keyAnswer(door: KeyDoor, caller: Caller, line: KeyLine): Promise<Text[]> {
  switch (line.word) {
    case "add":
      return addAnswer(await door.handle(caller, { type: "AddKey" }));
    case "remove": {
      const { change } = await door.handle(caller, { type: "RemoveKey", key: line.name });
      return [
        [`Recorded as ${change?.id ?? ""}. It is removed when an administrator confirms it in the security channel.`],
      ];
    }
    case "rename": {
      const { actor, keys } = await door.handle(caller, { type: "RenameKey", key: line.name, name: line.to });
      return listAnswer(keys, actor.person ?? "");
    }
    case "list": {
      const { person, keys, now } = await door.list(caller);
      const waiting = [...keys.changes.values()].filter((each) => each.person === person && isOpen(each, now));
      return [
        ...listAnswer(keys, person),
        ...waiting.map(({ id, kind, phase }): Text => [
          phase === "asked"
            ? `${id}: ${kind === "add" ? "one more" : "a removal"}, waits for an administrator.`
            : `${id}: confirmed. /breakglass key add gives you the link.`,
        ]),
      ];
    }
  }
}

function addAnswer({ change, link }: KeyOutcome): Text[] {
  if (link !== undefined)
    return [
      ["Take your key into your hand. ", { link, label: "Enrol it here" }, " (for you alone, within 5 minutes, once)."],
    ];
  return [
    [
      `Recorded as ${change?.id ?? ""}. An administrator confirms it in the security channel; you then get a direct message.`,
    ],
    ["Speak with one of them: they should know that it is you, and not only your chat account."],
  ];
}

function listAnswer(keys: Keys, person: string): Text[] {
  const theirs = keysOf(keys, person);
  if (theirs.length === 0) return [["You have no key enrolled. /breakglass key add asks for one."]];
  return [["Your keys:"], ...theirs.map(keyLine)];
}

/** One key in one line. */
export function keyLine({ name, enrolledAt, synced, counter }: EnrolledKey): Text {
  const kind = synced ? "passkey, copied between devices" : "on one device";
  const used = counter > 0 ? `, used ${counted(counter, "time")}` : "";
  return ["• ", { said: name }, ` · ${kind}${used} · since `, { time: enrolledAt, day: true }];
}
