import { signedIn } from "../../../server/answer.ts";
import { readOverview } from "../../../server/overview.ts";

export const GET = signedIn(async (request) => {
  const overview = await readOverview(AbortSignal.any([request.signal, AbortSignal.timeout(4000)]));
  return Response.json(overview, { headers: { "cache-control": "no-store" } });
});
