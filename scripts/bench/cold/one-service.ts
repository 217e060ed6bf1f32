import { createClient } from "../../../services/client.ts";
import { createContext } from "../../../services/context.ts";
import { createSessions } from "../../../services/sessions.ts";
import { report, SESSION_ID, stubbedConfig } from "./moments.ts";

/** A function that uses one service: an authorizer. */
const sessions = createSessions(createContext({ client: createClient(stubbedConfig()) }));

report(() => sessions.authenticate(SESSION_ID));
