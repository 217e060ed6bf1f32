import { createSchema, Entity, type EntityConfiguration, type EntityItem } from "electrodb";
import { day, email, idSet, instant, timeToLive } from "./attributes.ts";
import type { AccountLink } from "./facts.ts";
import { MODEL_VERSION, primary, SERVICE_NAME } from "./keys.ts";

/** The most assessments that a day can have a place for: their ids must fit one row. */
export const MAX_DAILY_STARTS = 100;

/** A marker row beside the eleven entities: it has a place for each assessment that a user starts on a day. */
const schema = createSchema({
  model: { service: SERVICE_NAME, entity: "daily_starts", version: MODEL_VERSION },
  attributes: {
    user_email: email({ required: true, readOnly: true, setBy: "service", description: "The user" }),
    day: day({ required: true, readOnly: true, setBy: "service", description: "The day in the limit's time zone" }),
    started: idSet({ setBy: "service", description: "Ids of the assessments that have a place; none: nobody has one" }),
    expires_at: instant({ required: true, setBy: "service", description: "When the day is over in every time zone" }),
    ttl: timeToLive(),
  },
  indexes: {
    byDay: primary("daily_starts", {
      pk: ["user_email"],
      sk: ["day"],
      description: "What a user has started on a day, with a daily limit",
    }),
  },
});

/** What a user has started on a day. */
export type DailyStarts = EntityItem<DailyStartsEntity>;
/** The ElectroDB entity of what users start on a day. */
export type DailyStartsEntity = ReturnType<typeof DailyStartsModel.bind>;

/** What a day's marker is and how it is keyed; `bind` makes the ElectroDB entity on a client and a table. */
export const DailyStartsModel = {
  schema,
  account: { attribute: "user_email", by: "byDay" } as const satisfies AccountLink<
    keyof (typeof schema)["attributes"] & string,
    keyof (typeof schema)["indexes"] & string
  >,
  bind: (config: EntityConfiguration) => new Entity(schema, config),
};
