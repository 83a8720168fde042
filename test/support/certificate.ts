import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for localhost and 127.0.0.1 that vouches for itself, and its key: files, in a folder of their own. */
export function certificate(): { readonly dir: string; readonly certFile: string; readonly keyFile: string } {
  const dir = mkdtempSync(join(tmpdir(), "bg-certificate-"));
  const [certFile, keyFile] = [join(dir, "server.crt"), join(dir, "server.key")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
      ...["-keyout", keyFile, "-out", certFile],
    ],
    { stdio: "ignore" },
  );
  return { dir, certFile, keyFile };
}
