import { setTimeout as pause } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { Ask, AskRequest } from "./ask.ts";

/** How often a request is made that could not be served just now. */
const mostTries = 8;

/**
 * Asks again, later and later, while the answer may still come.
 * @throws the signal's reason
 */
export async function askPatiently(ask: Ask, request: AskRequest): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(request);
    if (answer.ok || !answer.again || attempt === mostTries) return answer;
    await pause(Math.min(30_000, 500 * 2 ** attempt), undefined, { signal: request.signal });
  }
}
