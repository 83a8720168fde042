// The session gateway before a Postgres, in a process of its own, with a grant that is on.
import { openGateway } from "../../test/support/gateway.ts";
import { servePart } from "../part.ts";

const scene = await openGateway();
const grant = await scene.grant({ connectionLimit: 100 });
const { user, password } = grant.credential;
const direct = { port: scene.server.port, user, password: grant.targetPassword };
servePart(JSON.stringify({ through: { port: scene.port, user, password: password.reveal() }, direct }), {
  forget: () => {
    grant.recorder.all.length = 0;
  },
});
