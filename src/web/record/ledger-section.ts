import type { RecordFacts } from "../../app/record-facts.ts";
import { counted } from "../../domain/text.ts";
import { html, Html } from "../html.ts";

/** Where the entries stand in the ledger, by a signed checkpoint; and the entries themselves, letter for letter. */
export function ledgerSection({ steps, inclusion }: RecordFacts): Html {
  const lines = steps.map(({ entry }) => inert(JSON.stringify(entry)));
  return html`<section aria-labelledby="ledger">
    <h2 id="ledger">Where it stands in the ledger</h2>
    ${inclusion === undefined ? html`<p>This file names no checkpoint: none was at hand, or it was of another ledger. The entries' hashes can be held against the ledger all the same.</p>` : positions(steps.length, inclusion)}
    <h3>The entries as lines of the ledger</h3>
    <p>
      Each is one line of <code>breakglass ledger export</code>. Its hash is the SHA-256 of its canonical JSON (RFC
      8785) without <code>hash</code> and <code>notes</code>.
    </p>
    <pre class="lines">
${new Html(lines.join("\n"))}
</pre>
  </section>`;
}

function positions(count: number, { checkpoint, signed, proofs }: NonNullable<RecordFacts["inclusion"]>): Html {
  const newer = count - proofs.size;
  const line = inert(JSON.stringify({ checkpoint: signed }));
  return html`<p>
      ${proofs.size === count ? "All" : `${proofs.size} of the`} ${counted(count, "entry", "entries")} are among the
      ${checkpoint.size} that this checkpoint speaks
      of${newer === 0 ? "." : `; ${newer} came after it was signed, and will be in the next.`} It is a
      <a href="#verify">signed note</a>: whoever has the ledger's public key can check it without this installation.
    </p>
    <pre class="note">${signed}</pre>
    <h3>Proofs that each entry is in it</h3>
    <p>
      Hashes of RFC 6962 section 2.1.1, in base64, from the entry's neighbour up to the root in the checkpoint.
      <code>breakglass ledger prove &lt;number&gt;</code> gives the same as a tlog-proof.
    </p>
    <table class="proofs">
      <thead>
        <tr>
          <th scope="col">Entry</th>
          <th scope="col">Index</th>
          <th scope="col">Proof</th>
        </tr>
      </thead>
      <tbody>
        ${[...proofs].map(
          ([seq, hashes]) =>
            html`<tr>
              <td class="number">${seq}</td>
              <td class="number">${seq - 1}</td>
              <td><code>${hashes.map((hash) => hash.toString("base64")).join(" ")}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="soft">The checkpoint once more, as a line that <code>ledger verify --against</code> reads:</p>
    <pre class="lines">
${new Html(line)}
</pre>`;
}

/** How somebody who trusts nobody here can check it. */
export function verifySection({ id, steps }: RecordFacts): Html {
  const last = steps.at(-1)?.entry.seq ?? 0;
  return html`<section aria-labelledby="verify">
    <h2 id="verify">How to verify this</h2>
    <p>
      This file is a copy. What it says counts as far as the ledger says the same, and the ledger counts as far as its
      checkpoints hold. You need a copy of the ledger, and its public key from somebody you trust: not from this file.
    </p>
    <ol>
      <li>
        Hold the ledger against this file: each line of the ledger in it, and the checkpoint with its signature. The
        first that differs is named. What this page says in other words is not looked at: that is proved by the last
        step.
        <pre>
breakglass ledger export &gt; ledger.jsonl
breakglass ledger verify ledger.jsonl --against ${id}-record.html --key '&lt;public key&gt;'</pre>
      </li>
      <li>
        Check the confirmations with security keys again, and that none is missing that policy asked for:
        <pre>breakglass ledger verify ledger.jsonl --step-up</pre>
      </li>
      <li>
        Do the same without any of Breakglass's own code: <code>docs/verify.py</code> is under 150 lines of plain
        Python.
        <pre>python3 docs/verify.py ledger.jsonl --checkpoint checkpoint --key '&lt;public key&gt;'</pre>
      </li>
      <li>
        Have one entry proved to you, without the rest of the ledger:
        <pre>breakglass ledger prove ${last} &gt; ${last}.tlog-proof</pre>
      </li>
      <li>
        Make this file again, and compare: of the same entries, the same checkpoint and the same names of people it has
        the same bytes.
        <pre>breakglass record ${id} --from ledger.jsonl --checkpoint checkpoint --out again.html</pre>
      </li>
    </ol>
    <p>
      The closing line of the request's thread in chat names an entry by its number and the beginning of its hash: it
      has to be among the entries above.
    </p>
  </section>`;
}

/** JSON that means nothing to HTML: it stays the same JSON, and whoever copies it out of the file has a line of the ledger. */
function inert(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
