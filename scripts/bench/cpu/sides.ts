import { createDocumentClient } from "./document-client.ts";
import { createElectro } from "./electrodb.ts";
import { createOnetable } from "./onetable.ts";
import { createOurs } from "./ours.ts";
import type { CreateSide } from "./side.ts";
import { createToolbox } from "./toolbox.ts";

export const SIDES = {
  ours: createOurs,
  documentClient: createDocumentClient,
  electrodb: createElectro,
  toolbox: createToolbox,
  onetable: createOnetable,
} as const satisfies Readonly<Record<string, CreateSide>>;

export type SideName = keyof typeof SIDES;
