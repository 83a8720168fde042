import type { CommandLine } from "../domain/command-line.ts";
import { picturesOf } from "../app/insights.ts";
import { answerError, answerInTime, answerText, type Answer } from "./answer.ts";
import type { SlackContext } from "./context.ts";

/**
 * Answers `/breakglass insights`: in words at once, and in pictures in the direct messages. An answer that one person alone sees can't
 * hold a file in Slack.
 *
 * @param ack - the answer to Slack's own call
 * @param respond - the way for a later answer
 */
export async function onInsights(
  { insights, messenger, whois, names, log }: SlackContext,
  account: string,
  line: Extract<CommandLine, { word: "insights" }>,
  ack: (answer?: Answer) => Promise<void>,
  respond: (answer: Answer) => Promise<unknown>,
): Promise<void> {
  const asking = whois(account).then(async ({ person = "" }) => await insights.asked(person, line));
  const words = asking.then(
    ({ text, insights: { uses } }) =>
      answerText([...text, ...(uses === 0 ? [] : [["Pictures of it come in your direct messages with me."]])], names),
    (error: unknown) => answerError(error, log),
  );
  await answerInTime(words, ack, respond);
  const asked = await asking.catch(() => undefined);
  if (asked === undefined) return;
  try {
    const pictures = await picturesOf(asked.insights);
    const [heading = []] = asked.text;
    if (pictures.length > 0) await messenger.sendPictures(account, { pictures, text: heading });
  } catch (error) {
    await respond(answerError(error, log));
  }
}
