import { cookies } from "next/headers";
import { z } from "zod";
import { cameByHttps, fromConsole, problem } from "../../../server/answer.ts";
import { endSession, startSession } from "../../../server/session.ts";
import { checkCredentials } from "../../../server/sign-in.ts";

const credentials = z.object({ email: z.string().max(320), password: z.string().max(1024) });

export const POST = fromConsole(async (request) => {
  const parsed = credentials.safeParse(await request.json().catch(() => undefined));
  if (!parsed.success) return problem(400, "bad-request", "An email address and a password are needed.");
  const result = checkCredentials(parsed.data.email, parsed.data.password);
  if ("problem" in result) {
    return result.problem === "too-many"
      ? problem(429, "too-many", "Too many wrong passwords.", "Wait a minute, then try again.")
      : problem(
          403,
          "credentials",
          "This email address and password don't belong together.",
          "npm start prints both; first-run.json in the data directory holds them too.",
        );
  }
  (await cookies()).set(await startSession(result.email, cameByHttps(request)));
  return Response.json({ email: result.email }, { headers: { "cache-control": "no-store" } });
});

export const DELETE = fromConsole(async (request) => {
  (await cookies()).set(endSession(cameByHttps(request)));
  return new Response(null, { status: 204 });
});
