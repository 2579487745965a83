import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..");

/** The data directory, absolute. */
export const home = resolve(root, process.env.TUGBOAT_HOME || ".tugboat");

export const logs = join(home, "logs");
