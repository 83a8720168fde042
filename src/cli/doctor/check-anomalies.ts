import { readRules } from "../../app/anomaly-rules.ts";
import type { Config } from "../../config.ts";
import { counted } from "../../domain/text.ts";
import { asCoded } from "../../errors.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("anomalies");

/** Whether the rules of anomalies can be read. */
export async function checkAnomalies({ anomalyRules }: Config): Promise<Finding[]> {
  try {
    return [found("fine", `${anomalyRules}: ${counted((await readRules(anomalyRules)).length, "rule")}`)];
  } catch (error) {
    const { message, next } = asCoded(error);
    const [first = "", ...problems] = message.split("\n");
    if (problems.length === 0) return [found("problem", first, next)];
    return problems.map((problem) => found("problem", problem, "breakglass anomalies check"));
  }
}
