import { z } from "zod";
import type { WaysIn } from "../features/sign-in/types.ts";
import { callApi } from "./api.ts";

const ways = z.object({ mail: z.boolean(), oidc: z.object({ name: z.string() }).nullable() });

/** How somebody can come in besides with a password. While the service does not answer, nobody can. */
export async function readWays(signal: AbortSignal): Promise<WaysIn> {
  try {
    return ways.parse(await (await callApi("/api/auth/ways", { from: new Headers(), signal })).json());
  } catch {
    return { mail: false, oidc: null };
  }
}
