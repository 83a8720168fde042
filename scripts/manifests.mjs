// `npm run manifests -- <app id>`: the Teams app as the zip that is uploaded, with the bot's own id in it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { zipSync } from "fflate";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Nothing of the moment goes into it: the same app is the same file. */
const MADE = new Date(1980, 0, 1);

const folder = new URL("../manifests/teams/", import.meta.url);
const appId = process.argv[2] ?? process.env.MicrosoftAppId ?? "";
if (!ID.test(appId)) {
  console.error("Which bot? npm run manifests -- <MicrosoftAppId>, the Application (client) ID of its registration.");
  process.exit(2);
}
const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
manifest.id = appId;
for (const bot of manifest.bots) bot.botId = appId;
const file = (content) => [content, { mtime: MADE }];
const zip = zipSync({
  "manifest.json": file(new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)),
  "color.png": file(readFileSync(new URL("color.png", folder))),
  "outline.png": file(readFileSync(new URL("outline.png", folder))),
});
const out = new URL("../dist/breakglass-teams.zip", import.meta.url);
mkdirSync(new URL(".", out), { recursive: true });
writeFileSync(out, zip);
console.log("dist/breakglass-teams.zip");
