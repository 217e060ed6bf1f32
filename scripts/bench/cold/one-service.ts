import { createClient } from "../../../services/client.ts";
import { createContext } from "../../../services/context.ts";
import { Sessions } from "../../../services/sessions.ts";
import { report, SESSION_ID, stubbedConfig } from "./moments.ts";

/** A function that uses one service: an authorizer. */
const sessions = new Sessions(createContext({ client: createClient(stubbedConfig()) }));

report(() => sessions.authenticate(SESSION_ID));
