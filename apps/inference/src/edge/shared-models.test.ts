import { afterAll, beforeAll, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement, strangers, wordsModel } from "../testing/management.ts";

type Strangers = Awaited<ReturnType<typeof strangers>>;

let fixture: ManagementFixture;
let theirs: Strangers;
let admin: Person;

beforeAll(async () => {
  fixture = await startManagement();
  theirs = await strangers(fixture);
  admin = await fixture.enter("Admin", fixture.scope, "admin");
  await fixture.scope.models.upsert({ ...wordsModel("common"), shared: true });
}, 60_000);
afterAll(() => fixture.close());

/** What is written past this process's procedures reaches it as soon as the database tells of it. */
const told = { timeout: 20_000, interval: 50 };

const asking = (secret: string) => ({ authorization: `Bearer ${secret}`, "content-type": "application/json" });

async function names(secret: string): Promise<string[]> {
  const response = await fixture.app.request("/v1/models", { headers: asking(secret) });
  return (await response.json()).data.map(({ id }: { id: string }) => id);
}

async function complete(secret: string, model: string): Promise<number> {
  const body = JSON.stringify({ model, prompt: "hi" });
  const response = await fixture.app.request("/v1/completions", { method: "POST", headers: asking(secret), body });
  await response.arrayBuffer();
  return response.status;
}

it("every organization may use what the installation shares, and nothing else of another's", async () => {
  await expect
    .poll(() => names(theirs.secret), told)
    .toEqual(["common", "their-model", "their-alias", "their-upstream/echo"]);
  expect(await complete(theirs.secret, "common")).toBe(200);
  expect(await complete(theirs.secret, "words")).toBe(404);
  const confined = await theirs.scope.keys.create({ projectId: theirs.project.id, name: "c", models: ["their-alias"] });
  expect(await names(confined.secret)).toEqual(["their-alias"]);
  expect(await complete(confined.secret, "common")).toBe(404);

  const { body } = await fixture.call(theirs.owner, "models.list", undefined, "GET");
  expect(body.models).toMatchObject([
    { name: "common", own: false, shared: true, sourcePath: null },
    { name: "their-model", own: true, shared: false },
  ]);
  expect(JSON.stringify(body)).not.toContain("/models/common.gguf");
});

it("an alias may lead to a shared model, and its requests are the organization's own", async () => {
  const target = { kind: "model", model: "common" } as const;
  const plan = { split: [{ target, share: 100 }], failover: [] };
  const alias = await theirs.scope.aliases.create("to-common", { plan, createdBy: theirs.owner.userId });
  await expect.poll(() => complete(theirs.secret, "to-common"), told).toBe(200);
  const { body } = await fixture.call(theirs.owner, "aliases.list", undefined, "GET");
  const listed = body.aliases.find(({ name }: { name: string }) => name === "to-common");
  expect(listed.current.split[0].target).toMatchObject({ name: "common", health: "ready" });
  // Whoever shares it can't take it from under them.
  await expect(fixture.scope.models.remove("common")).rejects.toMatchObject({ code: "in-use" });
  await expect(fixture.scope.models.share("common", false)).rejects.toMatchObject({ code: "in-use" });
  await theirs.scope.aliases.remove(alias.id, alias.updatedAt);
});

it.each(["models.measure", "models.digest", "models.remove"])("%s is its owner's alone", async (procedure) => {
  const { body, status } = await fixture.call(theirs.owner, procedure, { name: "common" });
  expect([status, body.error.code]).toEqual([403, "not-own"]);
  expect(await fixture.scope.models.get("common")).not.toBeNull();
});

it("an organization's own models are served to it, beside another's of the same name, and to nobody else", async () => {
  await theirs.scope.models.upsert(wordsModel("words"));
  await expect.poll(() => names(theirs.secret), told).toContain("words");
  expect(await complete(theirs.secret, "words")).toBe(200);
  expect(await complete(theirs.secret, "their-model")).toBe(200);
  const states = async (person: Person) => {
    const { body } = await fixture.call(person, "deployments.list", undefined, "GET");
    return body.deployments.map(({ model, state }: { model: string; state: string }) => [model, state]);
  };
  expect(await states(theirs.owner)).toEqual([
    ["their-model", "ready"],
    ["words", "ready"],
  ]);
  expect((await states(admin)).map(([model]: string[]) => model)).not.toContain("their-model");
  // Each acts on its own worker alone.
  expect((await fixture.call(theirs.owner, "deployments.load", { model: "words" })).status).toBe(200);
  expect((await fixture.call(admin, "deployments.load", { model: "words" })).status).toBe(200);
  expect((await fixture.call(theirs.owner, "deployments.unload", { model: "words" })).status).toBe(200);
  expect(await states(theirs.owner)).toContainEqual(["words", "idle"]);
  expect(await states(admin)).toContainEqual(["words", "ready"]);
  expect((await fixture.call(admin, "deployments.load", { model: "their-model" })).status).toBe(404);
  await theirs.scope.models.remove("words");
  await expect.poll(() => complete(theirs.secret, "words"), told).toBe(404);
});

it("names stay unambiguous: nobody takes that of a shared model, and none is shared under one that is taken", async () => {
  await expect(theirs.scope.models.upsert(wordsModel("common"))).rejects.toMatchObject({ code: "exists" });
  const plan = { split: [{ target: { kind: "model", model: "common" } as const, share: 100 }], failover: [] };
  const alias = theirs.scope.aliases.create("common", { plan, createdBy: theirs.owner.userId });
  await expect(alias).rejects.toMatchObject({ code: "exists" });
  await fixture.scope.models.upsert(wordsModel("their-model"));
  const { body, status } = await fixture.call(admin, "models.share", { name: "their-model", shared: true });
  expect([status, body.error.code]).toEqual([409, "exists"]);
});

it("sharing begins and ends at once, and is in the audit log", async () => {
  expect((await fixture.call(theirs.owner, "models.share", { name: "their-model", shared: true })).status).toBe(403);
  expect((await fixture.call(admin, "models.share", { name: "words", shared: true })).body).toMatchObject({
    shared: true,
  });
  expect(await complete(theirs.secret, "words")).toBe(200);
  const [entry] = (await fixture.scope.audit.list({ action: "models.share" })) ?? [];
  expect(entry).toMatchObject({ subject: "words", before: { shared: false }, after: { shared: true } });
  expect((await fixture.call(admin, "models.share", { name: "words", shared: false })).status).toBe(200);
  expect(await complete(theirs.secret, "words")).toBe(404);
});
