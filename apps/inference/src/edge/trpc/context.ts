import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import type { Auth } from "../../domain/accounts/auth.ts";
import type { Principal } from "../../domain/keys/verifier.ts";
import type { Catalog } from "../../domain/models/catalog.ts";
import type { AddOptions } from "../../domain/models/register.ts";
import type { DeploymentPool } from "../../workers/pool.ts";
import type { Member } from "../session.ts";

/** What the procedures work with. */
export interface Management {
  readonly database: Database;
  readonly auth: Auth;
  readonly catalog: Catalog;
  readonly pool: DeploymentPool;
  readonly log: Logger;
  /** Where people sign in; links begin with it. */
  readonly consoleUrl: string;
  readonly addModel: Omit<AddOptions, "name">;
}

/** Who asks: a person who signed in, or a program with a key. */
export type Caller = Member | (Principal & { readonly kind: "key" });

export interface Context {
  readonly management: Management;
  readonly caller: Caller | undefined;
  /** For the audit log. */
  readonly address: string | undefined;
}
