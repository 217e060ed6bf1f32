import { createClient } from "../../../services/client.ts";
import { createDataLayer } from "../../../services/data-layer.ts";
import { report, SESSION_ID, stubbedConfig } from "./moments.ts";

/** A function that uses all services, and all entities of its own. */
const layer = createDataLayer({ client: createClient(stubbedConfig()) });
const touched = [layer, layer.entities].flatMap((holder) => Object.values(holder));
if (touched.length < 20) throw new Error("services or entities are missing");

report(() => layer.sessions.authenticate(SESSION_ID));
