import { CredentialPage, type ShownCredential } from "../../src/demo/open-credential.ts";
import type { SoftKey } from "../../src/demo/soft-key.ts";
import { click } from "./ask.ts";
import type { Stage } from "./stage.ts";
import { lastLink } from "./step-up.ts";

/** The page behind the button in somebody's direct message about a request, for them alone. */
export async function credentialPage(stage: Stage, user: string, id: string): Promise<CredentialPage> {
  const message = await stage.direct(user, new RegExp(`${id} · access is on[\\s\\S]*shown once`));
  await click(stage, user, message, { text: "Open credential" });
  return new CredentialPage(lastLink(stage, user), stage.bot.url);
}

/** Opens somebody's credential as they would: by the button, on the page. */
export async function openCredential(stage: Stage, user: string, id: string, key?: SoftKey): Promise<ShownCredential> {
  return await (await credentialPage(stage, user, id)).open(key);
}
