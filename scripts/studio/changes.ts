import type { EntityName } from "../../entities/models.ts";
import type { DataLayer } from "../../services/data-layer.ts";
import { UnansweredQuestion } from "./answering.ts";
import { type Argument, argumentOf } from "./questions.ts";

/** What a form gives. */
type Given = Readonly<Record<string, string>>;

/** A change of an item, by a function of a service: never by writing rows. */
export interface Change {
  /** The function, such as `support.escalate`. */
  readonly id: string;
  readonly entity: EntityName;
  /** The attribute that names the item. */
  readonly by: string;
  /** What else the function takes. */
  readonly arguments: readonly Argument[];
}

interface ServiceChange extends Change {
  run(layer: DataLayer, id: string, given: Given): Promise<unknown>;
}

function change(
  id: string,
  entity: EntityName,
  by: string,
  names: readonly string[],
  run: ServiceChange["run"],
): ServiceChange {
  return { id, entity, by, arguments: names.map((name) => argumentOf(entity, name)), run };
}

const DECISION = ["reviewed_by", "review_reason"];
const decisionOf = ({ reviewed_by = "", review_reason = "" }: Given) => ({ reviewed_by, review_reason });

// The services refuse what a form must not say: a closed set's values come as text.
const SERVICE_CHANGES: readonly ServiceChange[] = [
  change("support.answer", "ticket", "ticket_id", ["ai_response"], ({ support }, id, { ai_response = "" }) =>
    support.answer(id, { ai_response }),
  ),
  change("support.setPriority", "ticket", "ticket_id", ["priority"], ({ support }, id, { priority }) =>
    support.setPriority(id, priority as "low"),
  ),
  change("support.escalate", "ticket", "ticket_id", [], ({ support }, id) => support.escalate(id)),
  change("support.resolve", "ticket", "ticket_id", [], ({ support }, id) => support.resolve(id)),
  change("support.reopen", "ticket", "ticket_id", [], ({ support }, id) => support.reopen(id)),
  change("devops.approve", "devops_action", "action_id", DECISION, ({ devops }, id, given) =>
    devops.approve(id, decisionOf(given)),
  ),
  change("devops.reject", "devops_action", "action_id", DECISION, ({ devops }, id, given) =>
    devops.reject(id, decisionOf(given)),
  ),
  change("devops.markApplied", "devops_action", "action_id", ["pr_url"], ({ devops }, id, { pr_url = "" }) =>
    devops.markApplied(id, pr_url),
  ),
  change("moderation.triage", "content_report", "report_id", ["status"], ({ moderation }, id, { status }) =>
    moderation.triage(id, { status: status as "resolved" }),
  ),
  change("assessments.abandon", "assessment", "assessment_id", [], ({ assessments }, id) => assessments.abandon(id)),
  change("accounts.suspend", "user", "email", [], ({ accounts }, id) => accounts.suspend(id)),
  change("accounts.reactivate", "user", "email", [], ({ accounts }, id) => accounts.reactivate(id)),
];

/** What the studio can change, each entity's own. */
export const CHANGES: readonly Change[] = SERVICE_CHANGES;

/** Makes one change; what the service refuses, it throws. */
export async function makeChange(layer: DataLayer, id: unknown, given: Readonly<Record<string, unknown>>) {
  const made = SERVICE_CHANGES.find((one) => one.id === id);
  if (made === undefined) throw new UnansweredQuestion("there is no such change");
  const texts = Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const values = Object.fromEntries(texts);
  const missing = [made.by, ...made.arguments.map(({ name }) => name)].find((name) => !values[name]);
  if (missing !== undefined) throw new UnansweredQuestion(`${missing} is missing`);
  await made.run(layer, values[made.by] as string, values);
}
