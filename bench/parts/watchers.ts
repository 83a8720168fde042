// A SIEM, by syslog and webhook, and a collector of traces, in one process of their own. They take everything, or hang.
import { constants, setPriority } from "node:os";
import { otlpReceiver } from "../../test/support/otlp-receiver.ts";
import { syslogReceiver } from "../../test/support/syslog-receiver.ts";
import { webhookReceiver } from "../../test/support/webhook-receiver.ts";
import { servePart } from "../part.ts";

setPriority(constants.priority.PRIORITY_LOW);
const syslog = await syslogReceiver();
const webhook = await webhookReceiver(process.env["WATCHERS_SECRET"] ?? "");
const collector = await otlpReceiver();
const { port, certFile } = syslog;
const said = {
  port,
  certFile,
  webhookUrl: webhook.url,
  webhookCertFile: webhook.certFile,
  collectorUrl: collector.url,
};
servePart(JSON.stringify(said), {
  /** From here on nobody answers. */
  hang: () => {
    syslog.hang();
    webhook.answer("hang");
    collector.hang();
  },
  /** How much has come. */
  taken: () => ({
    syslog: syslog.received.length,
    webhook: webhook.batches.reduce((sum, { events }) => sum + events.length, 0),
    spans: collector.spans.length,
    wrong: syslog.wrong.length + webhook.refused.length + collector.wrong.length,
  }),
});
