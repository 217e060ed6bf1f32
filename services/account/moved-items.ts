import type { CreateEntityItem } from "electrodb";
import { type AssessmentEntity, AssessmentModel } from "../../entities/assessment.ts";
import { DailyStartsModel } from "../../entities/daily-starts.ts";
import type { AccountEntity } from "../../entities/models.ts";
import { allClaimsOf, handOverClaim } from "../guards/claims.ts";
import { Ledgers } from "../guards/ledgers.ts";
import type { DataContext } from "../storage/context.ts";
import { givenOf, Repository } from "../storage/repository.ts";
import { isConditionFailed, keyOf, type RequestLabel, type StoredItem, send } from "../storage/requests.ts";
import { entityOf, modelOf } from "./items.ts";

type Mover = (context: DataContext, item: StoredItem, to: string) => Promise<void>;

/** Those whose address is part of their key, and so are written anew. All others are changed where they are. */
const MOVERS: Partial<Record<AccountEntity, Mover>> = {
  entitlement: (context, item, to) => new Ledgers(context).move(item, to),
  assessment: moveAssessment,
  daily_starts: moveDailyStarts,
};

/**
 * Moves an item, as it was read consistently, to another account, and its claims first: what is delivered again under the
 * address before then belongs to somebody else. Safe to repeat.
 */
export async function moveItem(context: DataContext, item: StoredItem, to: string): Promise<void> {
  const { claim, account } = modelOf(item);
  if (claim !== undefined) {
    const others = allClaimsOf(claim, { ...item, [account.attribute]: to });
    const claims = allClaimsOf(claim, item);
    await Promise.all(claims.map((one, at) => handOverClaim(context, one, others[at]?.[2] ?? [])));
  }
  await (MOVERS[entityOf(item)] ?? moveInPlace)(context, item, to);
}

/** Changes the address on an item, and in its index keys. What else changes on it meanwhile stays. */
async function moveInPlace(context: DataContext, item: StoredItem, to: string): Promise<void> {
  const model = modelOf(item);
  const { attribute } = model.account;
  const moved = new Repository(context, model).itemOf(givenOf(model, item, { [attribute]: to }));
  const copies = Object.entries(model.schema.attributes).flatMap(([name, { sameAs }]) =>
    sameAs === attribute ? [name] : [],
  );
  const addressed = new Set([attribute, ...copies]);
  const keys = Object.values(model.schema.indexes)
    .flatMap(({ pk, sk }) => [pk, sk])
    .filter(({ composite }) => composite.some((name) => addressed.has(name)))
    .map(({ field }) => field);
  const names = [...addressed, ...keys];
  const label: RequestLabel = { entity: model.schema.model.entity, accessPattern: "changeAddress" };
  try {
    await send(context, "UpdateItem", label, {
      TableName: context.table,
      Key: keyOf(item),
      UpdateExpression: `SET ${names.map((_, at) => `#n${at} = :n${at}`).join(", ")}`,
      ConditionExpression: "#n0 = :from",
      ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#n${at}`, name])),
      ExpressionAttributeValues: {
        ":from": item[attribute],
        ...Object.fromEntries(names.map((name, at) => [`:n${at}`, moved[name]])),
      },
    });
  } catch (error) {
    // It has moved, or is gone.
    if (!isConditionFailed(error)) throw error;
  }
}

/** What a result is, beside the state that it comes with. */
const RESULT = ["completed_at", "band_score", "scores", "ai_feedback", "improvement_plan", "duration_minutes"] as const;

/** Writes an assessment under the other address, and removes it where it was unless its state changed meanwhile. */
async function moveAssessment(context: DataContext, read: StoredItem, to: string): Promise<void> {
  const assessments = new Repository<AssessmentEntity>(context, AssessmentModel);
  let current: StoredItem | undefined = read;
  while (current !== undefined) {
    const item: StoredItem = current;
    const copy = givenOf(AssessmentModel, item, { user_id: to }) as CreateEntityItem<AssessmentEntity>;
    let before: StoredItem | undefined;
    await assessments.insert(copy, (stored) => {
      before = stored;
    });
    if (before?.status === "in_progress" && item.status !== "in_progress") await endCopy(assessments, copy);
    current = undefined;
    await assessments.remove("changeAddress", item, {
      holds: ({ status }, { eq }) => eq(status, item.status),
      otherwise: (stored) => {
        current = stored;
      },
    });
  }
}

/** Ends a copy as its original ended meanwhile, unless it has ended itself. */
async function endCopy(
  assessments: Repository<AssessmentEntity>,
  copy: CreateEntityItem<AssessmentEntity>,
): Promise<void> {
  const { assessment_id, user_id, status } = copy;
  const result = Object.fromEntries(RESULT.flatMap((name) => (copy[name] === undefined ? [] : [[name, copy[name]]])));
  const ended = { ...result, status };
  await assessments.change(
    "changeAddress",
    ended,
    (entity) =>
      entity
        .patch({ assessment_id, user_id })
        .set(ended)
        .where((stored, { eq }) => eq(stored.status, "in_progress")),
    () => undefined,
  );
}

/** Gives the places of a day to the other address. */
async function moveDailyStarts(context: DataContext, item: StoredItem, to: string): Promise<void> {
  const markers = new Repository(context, DailyStartsModel);
  const { day, expires_at, started } = item as { day: string; expires_at: number; started?: Iterable<string> };
  await markers.changeStored(
    "changeAddress",
    {},
    (marker) => {
      const places = marker.update({ user_email: to, day }).set({ expires_at });
      return started === undefined ? places : places.add({ started: [...started] });
    },
    () => undefined,
  );
  await markers.remove("changeAddress", item);
}
