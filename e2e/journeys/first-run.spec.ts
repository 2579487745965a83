import type { Page } from "@playwright/test";
import { TOTP } from "otpauth";
import { fitsWidth, isClean, violations } from "../src/looks.ts";
import { makeSignInLink } from "../src/sign-in-link.ts";
import { expect, test } from "../src/test.ts";

const card = (page: Page) => page.getByRole("region", { name: /^Guided tour/ });

/** Invites somebody and lets them in: their first sight of the console. */
async function firstVisit(admin: Page, consoleUrl: string, role: string): Promise<Page> {
  await admin.goto(`${consoleUrl}/members`);
  await admin.getByRole("button", { name: "Invite" }).click();
  const email = `new-${Date.now()}@x.example`;
  await admin.getByLabel("Email").fill(email);
  await admin.getByRole("dialog").getByLabel("Role").selectOption(role);
  await admin.getByRole("button", { name: "Make the link" }).click();
  const link = await admin.getByRole("textbox", { name: "Invitation link" }).inputValue();
  const context = await admin
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1440, height: 900 } });
  if (!context) throw new Error("no browser");
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel("Your name").fill("Newly Joined");
  await page.getByLabel("Password").fill("a long password");
  await page.getByRole("button", { name: /^Join/ }).click();
  await expect(page).toHaveURL(`${consoleUrl}/`);
  return page;
}

test("the tour meets who comes first, and ends with an answer that streams", async ({ console: admin, facts }) => {
  const page = await firstVisit(admin, facts.consoleUrl, "developer");
  await expect(card(page)).toContainText("What is served here");
  expect(await violations(page)).toEqual([]);
  await card(page).getByRole("button", { name: "Next" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/keys`);
  await expect(card(page)).toContainText("How programs come in");
  // Put off, then gone on with after a reload: the service remembers it.
  await card(page).getByRole("button", { name: "Later" }).click();
  await expect(card(page)).toBeHidden();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search and commands" }).fill("tour");
  await page.getByRole("option", { name: "Go on with the tour" }).click();
  await expect(card(page)).toContainText("How programs come in");
  await card(page).getByRole("button", { name: "Next" }).click();
  await expect(page).toHaveURL(/\/playground/);
  await expect(page.getByRole("textbox", { name: "Message", exact: true })).toHaveValue(/animal, food, plant/);
  await card(page).getByRole("button", { name: "Ask it" }).click();
  await expect(card(page)).toContainText("That answer was made on this machine", { timeout: 60_000 });
  await expect(page.getByTestId("answer").last()).toContainText("animal");
  expect(await violations(page)).toEqual([]);
  await card(page).getByRole("button", { name: "Done" }).click();
  await page.goto(facts.consoleUrl);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForLoadState("networkidle");
  await expect(card(page)).toBeHidden();
  await page.context().close();
});

test("the tour by keyboard alone, on a phone's screen, in the dark", async ({ console: page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Take the tour" }).click();
  await expect(card(page)).toContainText("What is served here");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const title of ["What is served here", "How programs come in", "Who else works here"]) {
    await expect(card(page)).toContainText(title);
    expect(await fitsWidth(page)).toBe(true);
    expect(await violations(page)).toEqual([]);
    await card(page).getByRole("button", { name: "Next" }).focus();
    await page.keyboard.press("Enter");
  }
  await expect(card(page)).toContainText("Now ask");
  expect(await fitsWidth(page)).toBe(true);
  await card(page).getByRole("button", { name: "Ask it" }).focus();
  await page.keyboard.press("Enter");
  await expect(card(page)).toContainText("That answer was made on this machine", { timeout: 60_000 });
  await card(page).focus();
  await page.keyboard.press("Escape");
  await expect(card(page)).toBeHidden();
});

test("two-step sign-in: on by an app's code, asked for at the door, off by the password", async ({
  console: admin,
  facts,
}) => {
  // Three times in at the door, each with a password to be hashed.
  test.slow();
  const page = await firstVisit(admin, facts.consoleUrl, "viewer");
  await card(page).getByRole("button", { name: "Later" }).click();
  await page.goto(`${facts.consoleUrl}/settings`);
  const email = (await page.getByText(/^Signed in as/).innerText()).replace(/^Signed in as (\S+),.*$/, "$1");
  await page.getByRole("button", { name: "Switch on" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("certainly wrong");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect(dialog.getByText("This is not your present password.")).toBeVisible();
  await dialog.getByLabel("Your password").fill("a long password");
  await dialog.getByRole("button", { name: "Go on" }).click();
  const secret = (await dialog.getByTestId("totp-secret").innerText()).replaceAll(" ", "");
  const app = new TOTP({ secret });
  await isClean(page, "the app's secret");
  await dialog.getByRole("textbox", { name: "Code" }).fill(app.generate());
  await dialog.getByRole("button", { name: "Switch on" }).click();
  const shown = dialog.getByTestId("backup-codes").getByRole("listitem");
  await expect(shown).toHaveCount(10);
  await isClean(page, "backup codes");
  const codes = await shown.allInnerTexts();
  await dialog.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByText("also asks for the code")).toBeVisible();
  await expect(page.getByRole("list", { name: "Sessions" }).getByText("this one")).toBeVisible();

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("a long password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Code").fill("000000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("This is not the code of this moment.")).toBeVisible();
  await isClean(page, "the second step");
  await page.getByLabel("Code").fill(app.generate({ timestamp: Date.now() + 30_000 }));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/`);

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("a long password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Use a backup code" }).click();
  await page.getByLabel("Backup code").fill(codes[0] ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/`);

  await page.goto(`${facts.consoleUrl}/settings`);
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByRole("dialog").getByLabel("Your password").fill("a long password");
  await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByText("Your password alone signs you in.")).toBeVisible();

  await admin.goto(`${facts.consoleUrl}/settings/audit`);
  const changes = admin.getByRole("list", { name: "Changes" });
  await expect(changes.getByText("Switched two-step sign-in off").first()).toBeVisible();
  await expect(changes.getByText("Failed to sign in").first()).toBeVisible();
  await page.context().close();
});

test("what a browser says of its own address is not believed", async ({ page, facts, console: admin }) => {
  await page.context().setExtraHTTPHeaders({ "x-forwarded-for": "198.51.100.77" });
  await page.goto(makeSignInLink(facts));
  await expect(page).toHaveURL(`${facts.consoleUrl}/`);
  await admin.goto(`${facts.consoleUrl}/settings`);
  await expect(admin.getByRole("list", { name: "Sessions" })).toContainText("from 127.0.0.1");
  await expect(admin.getByRole("list", { name: "Sessions" })).not.toContainText("198.51.100.77");
});

test("somebody without an organization learns how to get into one", async ({ console: admin, facts }) => {
  const page = await firstVisit(admin, facts.consoleUrl, "viewer");
  await card(page).getByRole("button", { name: "Later" }).click();
  await page.goto(`${facts.consoleUrl}/settings`);
  await page.getByRole("button", { name: /^Leave / }).click();
  const name = (await page.getByRole("dialog").getByRole("heading").innerText()).replace(/^Leave (.*)\?$/, "$1");
  await page.getByLabel(/^Type /).fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are not a member of any organization yet.");
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});
