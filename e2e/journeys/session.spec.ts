import { Playground } from "../src/playground.ts";
import { expect, test } from "../src/test.ts";

test("a session that ends in the middle of work asks for the password, and nothing typed is lost", async ({
  console: page,
  facts,
}) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0", max_tokens: "24" });
  await playground.message.fill("What is a pier?");
  await page.context().clearCookies({ name: "tugboat_session" });
  await page.keyboard.press("Control+Enter");
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await expect(dialog.getByLabel("Email")).toHaveValue(facts.email);
  await dialog.getByLabel("Password").fill("certainly wrong");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog.getByText("This email address and password don't belong together.")).toBeVisible();
  await dialog.getByLabel("Password").fill(facts.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("log")).toContainText("What is a pier?");
  await page.getByRole("button", { name: "Another seed" }).click();
  expect(await playground.finished()).not.toBe("");
});

test("a form that was being filled in survives the end of the session", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/keys`);
  await page.getByRole("button", { name: "Create a key" }).click();
  const form = page.getByRole("dialog", { name: "Create a key" });
  await form.getByLabel("Name").fill("typed before the end");
  await page.context().clearCookies({ name: "tugboat_session" });
  await form.getByRole("button", { name: "Create the key" }).click();
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("Password").fill(facts.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog).toBeHidden();
  await expect(form.getByLabel("Name")).toHaveValue("typed before the end");
  await form.getByRole("button", { name: "Create the key" }).click();
  await expect(page.getByRole("dialog", { name: "Key typed before the end" })).toBeVisible();
});

test("a session that the service ended leads to signing in, and back to the page", async ({ console: page, facts }) => {
  const stale = (await page.context().cookies()).find(({ name }) => name === "tugboat_session");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/sign-in`);
  if (stale) await page.context().addCookies([stale]);
  await page.goto(`${facts.consoleUrl}/models`);
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fmodels$/);
});
