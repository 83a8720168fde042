// What any program costs that stands between a client and a server: it passes bytes on, and looks at none.
import { connect, createServer, type AddressInfo } from "node:net";
import { servePart } from "../part.ts";

const port = Number(process.env["TARGET_PORT"]);
const server = createServer({ noDelay: true }, (client) => {
  const target = connect({ port, host: "127.0.0.1", noDelay: true });
  for (const socket of [client, target]) socket.on("error", () => undefined);
  client.pipe(target).pipe(client);
});
server.listen(0, "127.0.0.1", () => {
  servePart(String((server.address() as AddressInfo).port), {});
});
