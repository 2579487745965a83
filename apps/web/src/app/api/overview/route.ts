import { problemFrom } from "../../../server/answer.ts";
import { readOverview } from "../../../server/overview.ts";

export async function GET(request: Request): Promise<Response> {
  try {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(4000)]);
    return Response.json(await readOverview(request.headers, signal), { headers: { "cache-control": "no-store" } });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}
