// What any program costs that stands between a client and a server: it passes bytes on, and looks at none. With a delay it is a
// network between the two.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { servePart } from "../part.ts";

const port = Number(process.env["TARGET_PORT"]);
const delayMs = Number(process.env["DELAY_MS"] ?? 0);

function pass(from: Socket, to: Socket): void {
  if (delayMs === 0) from.pipe(to);
  else from.on("data", (bytes) => setTimeout(() => to.write(bytes), delayMs));
}

const server = createServer({ noDelay: true }, (client) => {
  const target = connect({ port, host: "127.0.0.1", noDelay: true });
  for (const socket of [client, target]) socket.on("error", () => undefined);
  pass(client, target);
  pass(target, client);
});
server.listen(0, "127.0.0.1", () => {
  servePart(String((server.address() as AddressInfo).port), {});
});
