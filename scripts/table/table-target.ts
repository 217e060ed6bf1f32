import type { DataLayerOptions } from "../../services/storage/context.ts";

/** The table that a command works on, and the client that reaches it. An object that holds more is one too. */
export type TableTarget = Required<Pick<DataLayerOptions, "client" | "table">>;

/** The same for what makes items of accounts, or looks for those that were erased. */
export type AccountsTarget = Required<Pick<DataLayerOptions, "client" | "table" | "erasureSecret">>;
