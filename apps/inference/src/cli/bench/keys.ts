import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyLimits } from "../../domain/keys/limits.ts";
import { KeyVerifier } from "../../domain/keys/verifier.ts";
import { checkPermission } from "../../edge/access.ts";
import { identify } from "../../edge/auth.ts";
import { admit } from "../../edge/rate-limit.ts";
import { type Figure, figure } from "./figures.ts";

const keyCount = 200;
const requestsOfARun = 2_000;

/**
 * What a key costs a request: hashing, finding, permission and limits, on a database of its own. For a key that is known,
 * and for one that is seen for the first time. In ms, the median over all requests.
 */
export async function benchKeys(runs: number): Promise<Figure[]> {
  const { openDatabase } = await import("@tugboat/db");
  const home = await mkdtemp(join(tmpdir(), "tug-"));
  const database = await openDatabase({ home });
  const verifier = new KeyVerifier(database.keys);
  try {
    const { organizationId, projectId } = database.home;
    const scope = database.organization(organizationId);
    const headers: Headers[] = [];
    for (let i = 0; i < keyCount; i++) {
      const limits = { requestsPerMinute: 1_000_000_000, tokensPerMinute: 1_000_000_000 };
      const { secret } = await scope.keys.create({ projectId, name: `Key ${i}`, ...limits });
      headers.push(new Headers({ authorization: `Bearer ${secret}` }));
    }
    const limits = new KeyLimits();
    const ask = async (request: Headers): Promise<number> => {
      const start = performance.now();
      const caller = await identify(request, verifier, undefined);
      if (caller === undefined) throw new Error("a key of the benchmark is not known");
      checkPermission(caller, "inference:run");
      admit(caller, limits);
      return performance.now() - start;
    };
    const first: number[] = [];
    for (const request of headers) first.push(await ask(request));
    const known: number[] = [];
    for (let run = 0; run < runs; run++) {
      for (let i = 0; i < requestsOfARun; i++) known.push(await ask(headers[i % keyCount] ?? new Headers()));
    }
    return [
      figure("known key", "ms added", "less", known),
      figure("first request of a key", "ms added", "less", first),
    ];
  } finally {
    await verifier.close();
    await database.close();
    await rm(home, { recursive: true, force: true });
  }
}
