import { makeSignInLink } from "../src/sign-in-link.ts";
import { expect, test } from "../src/test.ts";

test("a one-time link signs in, with a cookie that scripts and other sites can't use", async ({ page, facts }) => {
  await page.goto(makeSignInLink(facts));
  await expect(page).toHaveURL(`${facts.consoleUrl}/`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(
    /live and healthy|loading|loads when first asked/,
  );
  const cookie = (await page.context().cookies()).find(({ name }) => name === "tugboat_session");
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
});

test("the link that npm start prints signs in", async ({ page, facts }) => {
  test.skip(facts.printedLink === undefined, "the product was started by somebody else, who has its link");
  await page.goto(facts.printedLink ?? "");
  await expect(page).toHaveURL(`${facts.consoleUrl}/`);
});

test("a link works once; then it says so", async ({ page, facts, browser }) => {
  const link = makeSignInLink(facts);
  await page.goto(link);
  await expect(page).toHaveURL(`${facts.consoleUrl}/`);
  const other = await browser.newContext();
  const second = await other.newPage();
  await second.goto(link);
  await expect(second.getByText("This sign-in link is not valid, or was used already.")).toBeVisible();
  await expect(second.getByText("Each link works once.")).toBeVisible();
  await other.close();
});

test("an expired link says that it has expired", async ({ page, facts }) => {
  await page.goto(makeSignInLink(facts, -1));
  await expect(page.getByText("This sign-in link has expired.")).toBeVisible();
});

test("a link with a made-up token says that it is not valid", async ({ page, facts }) => {
  await page.goto(`${facts.consoleUrl}/sign-in?token=${encodeURIComponent("../../first-run")}`);
  await expect(page.getByText("This sign-in link is not valid, or was used already.")).toBeVisible();
});

test("the printed email and password sign in, and lead to the page that was asked for", async ({ page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models`);
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fmodels$/);
  await page.getByLabel("Email").fill(facts.email);
  await page.getByLabel("Password").fill("certainly wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("This email address and password don't belong together.")).toBeVisible();
  await expect(page.getByLabel("Email")).toHaveValue(facts.email);
  await page.getByLabel("Password").fill(facts.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/models`);
});

test("signing out ends the session", async ({ console: page, facts }) => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/sign-in`);
  await page.goto("/playground".replace(/^/, facts.consoleUrl));
  await expect(page).toHaveURL(/\/sign-in\?next=/);
});
