import { html, type Html } from "./html.ts";

/** What every page has around it. Addresses are relative, so that a proxy may put the pages under a path of its own. */
export function layout(page: {
  readonly title: string;
  readonly main: Html;
  readonly scripts: readonly string[];
  /** The page's own script. */
  readonly module?: string;
}): string {
  const { title, main, scripts, module } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Breakglass</title>
        <link rel="icon" href="../assets/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="../assets/page.css" />
        ${scripts.map((script) => html`<script src="../assets/${script}" defer></script>`)}
        ${module === undefined ? undefined : html`<script src="../assets/${module}" type="module"></script>`}
      </head>
      <body>
        <header><img src="../assets/mark.svg" alt="" width="28" height="28" /> Breakglass</header>
        <main>${main}</main>
        <footer>This page is for one person and one purpose. Never type a password here: we don't ask for one.</footer>
      </body>
    </html> `.text;
}
