import type { ProductFacts } from "./facts.ts";

/**
 * The journeys are those of somebody who has taken the guided tour; its own journey begins it again. Given back are the
 * same facts.
 */
export async function afterTheTour(facts: ProductFacts): Promise<ProductFacts> {
  const headers = { "content-type": "application/json", "x-tugboat-console": "1" };
  const post = async (path: string, body: object, cookie = "") => {
    const init = { method: "POST", headers: { ...headers, cookie }, body: JSON.stringify(body) };
    const response = await fetch(facts.apiUrl + path, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const { email, password } = facts;
  const entered = await post("/api/auth/sign-in/email", { email, password });
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  await post("/api/session/prefer", { tour: { step: "ask", state: "done" } }, cookie);
  await post("/api/auth/sign-out", {}, cookie);
  return facts;
}
