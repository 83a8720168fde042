// The session gateway before a Postgres, in a process of its own, with a grant that is on; what is run is recorded on disk.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Recordings } from "../../src/recording/recordings.ts";
import { openGateway } from "../../test/support/gateway.ts";
import { servePart } from "../part.ts";

const dir = await mkdtemp(join(tmpdir(), "breakglass-bench-"));
const recordings = new Recordings(dir, "bench", Date.now);
const scene = await openGateway({
  recorderOf: ({ id, target }) => recordings.of({ request: id, target, by: "gateway", mask: [] }),
});
const grant = await scene.grant({ connectionLimit: 100 });
const { user, password } = grant.credential;
const direct = { port: scene.server.port, user, password: grant.targetPassword };
servePart(JSON.stringify({ dir, through: { port: scene.port, user, password: password.reveal() }, direct }), {
  stop: () => scene.stop(),
});
