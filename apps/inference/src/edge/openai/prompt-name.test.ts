import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement } from "../../testing/management.ts";

let fixture: ManagementFixture;
let owner: Person;
let secret = "";

const content = (text: string) => ({
  model: "words",
  messages: [{ role: "user", content: text }],
  variables: [{ name: "order", type: "integer" }],
  parameters: { max_tokens: 3 },
});

beforeAll(async () => {
  fixture = await startManagement();
  owner = await fixture.enter("Olga", fixture.scope, "owner");
  const made = await fixture.call(owner, "keys.create", { name: "Script", projectId: fixture.database.home.projectId });
  secret = String(made.body.secret);
  const save = (text: string, seen: number) =>
    fixture.call(owner, "prompts.save", { name: "where", content: content(text), seen });
  expect((await save("Where is {{order}}?", 0)).body).toMatchObject({ version: { number: 1 }, made: true });
  expect((await save("Where is {{order}}?", 1)).body).toMatchObject({ version: { number: 1 }, made: false });
  expect((await save("Where is order {{order}} now?", 1)).body).toMatchObject({ version: { number: 2 } });
  expect((await save("late", 1)).status).toBe(409);
}, 60_000);
afterAll(() => fixture.close());

const post = (path: string, body: object) =>
  fixture.app.request(path, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const ask = (name: string, variables: unknown) =>
  post("/v1/chat/completions", { model: `prompt:${name}`, messages: [], variables });
const move = (version: number) =>
  fixture.call(owner, "prompts.move", { prompt: "where", label: "production", version });

describe("a prompt that is called by its name", () => {
  it("is answered by what its label points to, and rolls back at once", async () => {
    await move(2);
    const now = await ask("where@production", { order: 17 });
    expect(now.status).toBe(200);
    expect(now.headers.get("x-tugboat-prompt")).toBe("where@2");
    expect((await now.json()).usage.completion_tokens).toBe(3);
    await move(1);
    expect((await ask("where@production", { order: 17 })).headers.get("x-tugboat-prompt")).toBe("where@1");
    expect((await ask("where", { order: 17 })).headers.get("x-tugboat-prompt")).toBe("where@2");
    const { body } = await fixture.call(owner, "prompts.get", { prompt: "where" }, "GET");
    expect(body.moves.map(({ from, to }: { from: number; to: number }) => [from, to])).toEqual([
      [2, 1],
      [null, 2],
    ]);
  });

  it("is answered as a response too", async () => {
    const response = await post("/v1/responses", { model: "prompt:where@1", variables: { order: 1 } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ object: "response", status: expect.any(String) });
  });

  it.each([
    ["where@production", {}, 400, "variables.order", /'order' is missing/],
    ["where@production", { order: "x" }, 400, "variables.order", /must be a whole number/],
    ["where@production", { order: 1, other: 2 }, 400, "variables.other", /no variable 'other'/],
    ["where@production", "no", 400, "variables", /Invalid type for 'variables'/],
    ["where@staging", { order: 1 }, 404, "model", /no version or label staging/],
    ["nowhere", {}, 404, "model", /no prompt nowhere/],
  ])("says what is wrong: %s with %j", async (name, variables, status, param, message) => {
    const response = await ask(name, variables);
    expect(response.status).toBe(status);
    const { error } = await response.json();
    expect(error).toMatchObject({ type: "invalid_request_error", param });
    expect(error.message).toMatch(message);
  });

  it("moves a guarded label only when a second person agrees", async () => {
    const projectId = fixture.database.home.projectId;
    await fixture.call(owner, "prompts.guard", { projectId, labels: ["production"] });
    const wish = await move(2);
    expect(wish.body.state).toBe("waiting");
    expect((await ask("where@production", { order: 1 })).headers.get("x-tugboat-prompt")).toBe("where@1");
    const decide = (who: Person) =>
      fixture.call(who, "prompts.decide", { prompt: "where", move: wish.body.id, approve: true });
    expect((await decide(owner)).status).toBe(412);
    const second = await fixture.enter("Ada", fixture.scope, "expert");
    expect((await decide(second)).body).toMatchObject({ state: "done", decidedByName: "Ada" });
    expect((await decide(second)).status).toBe(409);
    expect((await ask("where@production", { order: 1 })).headers.get("x-tugboat-prompt")).toBe("where@2");
  });
});
