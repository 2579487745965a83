/** A process that runs the tests' jobs until it is killed. */
import { openDatabase } from "@tugboat/db";
import { z } from "zod";
import { startTestJobs } from "./jobs.ts";

const env = z.object({ DATABASE_URL: z.string(), REDIS_URL: z.string().optional() }).parse(process.env);
const database = await openDatabase({ home: "/nonexistent", url: env.DATABASE_URL });
await startTestJobs(database, env.REDIS_URL);
process.send?.("ready");
