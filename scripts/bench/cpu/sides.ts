import { createDocumentClient } from "./document-client.ts";
import { createElectro } from "./electrodb.ts";
import { createOnetable } from "./onetable.ts";
import { createOurs } from "./ours.ts";
import type { Act, CreateSide } from "./side.ts";
import { createToolbox } from "./toolbox.ts";

export const SIDES = {
  ours: createOurs,
  documentClient: createDocumentClient,
  electrodb: createElectro,
  toolbox: createToolbox,
  onetable: createOnetable,
} as const satisfies Readonly<Record<string, CreateSide>>;

export type SideName = keyof typeof SIDES;

const ALL: readonly SideName[] = ["documentClient", "ours", "electrodb", "toolbox", "onetable"];

/** The sides that do an act; not all read several entities in one request. */
export function sidesOf(act: Act): readonly SideName[] {
  if (act === "thread") return ALL.slice(0, 2);
  return act === "outline" || act === "overview" ? ALL.slice(0, 3) : ALL;
}
