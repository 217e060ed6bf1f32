import { commandName } from "../shell/command-name.ts";
import { numberText } from "../shell/text-table.ts";
import { newPatternsOn, stageOf } from "../table/index-stages.ts";
import type { TableState } from "../table/table-state.ts";
import type { TableTarget } from "../table/table-target.ts";
import { type Estimate, fillEstimate, passEstimate } from "./estimates.ts";
import type { Step } from "./plan.ts";

/** What a step does, what it costs, what may run beside it, and the way back. */
interface StepText {
  readonly does: string;
  readonly costs: string;
  readonly beside: string;
  readonly back: string;
}

const BOTH = "this release and the one before";
const THIS = "this release alone";

const DEPLOYMENT: StepText = {
  does: `deployment: give every function this release, then go on with \`${commandName("evolve", "--apply --deployed")}\``,
  costs: "nothing",
  beside: BOTH,
  back: "deploy the release before",
};

const about = ({ items, readUnits, writeUnits }: Estimate): string =>
  [
    `about ${numberText(items)} items`,
    ...(readUnits === 0 ? [] : [`${numberText(readUnits)} read units`]),
    `${numberText(writeUnits)} write units`,
  ].join(", ");

const minutesAt = (rate: number, { readUnits, writeUnits }: Estimate): string => {
  const minutes = Math.ceil((readUnits + writeUnits) / rate / 60);
  return `${numberText(minutes)} ${minutes === 1 ? "minute" : "minutes"} at ${numberText(rate)} units a second`;
};

async function textOf(target: TableTarget, state: TableState, step: Step, rate: number): Promise<StepText> {
  switch (step.kind) {
    case "index": {
      const { indexName } = step.index;
      const estimate = fillEstimate(state, step);
      const added = newPatternsOn(indexName);
      return {
        does: `index ${indexName}: make it${added.length === 0 ? "" : `, for ${added.join(", ")}`}; DynamoDB fills it, no item is written`,
        costs: `${estimate === undefined ? "what the items in it take" : about(estimate)}; the time is DynamoDB's own`,
        beside: step.afterDeployment ? THIS : BOTH,
        back: "delete the index",
      };
    }
    case "pass": {
      const estimate = await passEstimate(target, state);
      return {
        does: `items: a pass that writes those of before in this release's form, for ${step.names.join(", ")}`,
        costs: `${about(estimate)}; ${minutesAt(rate, estimate)}`,
        beside: `${THIS}: the one before writes items that the pass would miss`,
        back: "deploy the release before, which takes no notice of what was added",
      };
    }
    case "drop":
      if (stageOf(step.indexName) === 1)
        return {
          does: `index ${step.indexName}: remove it, for DynamoDB takes no more beside it; the later release reads this one's`,
          costs: "nothing",
          beside: "this release and the later one, whose new lists are refused",
          back: `\`${commandName("evolve", "--apply --deployed")}\` of the later release makes it again`,
        };
      return {
        does: `index ${step.indexName}: remove it; this release reads another version`,
        costs: "nothing",
        beside: `${THIS}: the one before reads it`,
        back: `\`${commandName("evolve", "--apply")}\` of the release before makes it again`,
      };
  }
}

/** The plan in lines, the deployment among its steps. */
export async function planLines(
  target: TableTarget,
  state: TableState,
  steps: readonly Step[],
  rate: number,
): Promise<string[]> {
  const texts = await Promise.all(steps.map((step) => textOf(target, state, step, rate)));
  const gate = steps.findIndex(({ afterDeployment }) => afterDeployment);
  const all = gate === -1 ? texts : [...texts.slice(0, gate), DEPLOYMENT, ...texts.slice(gate)];
  return all.flatMap(({ does, costs, beside, back }, place) => [
    `  ${place + 1}. ${does}.`,
    `     costs: ${costs}`,
    `     beside it: ${beside}`,
    `     back: ${back}`,
  ]);
}
