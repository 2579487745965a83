import { readFileSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";
import type { ProductFacts } from "../src/facts.ts";
import { openByPalette, tabTo } from "../src/keyboard.ts";
import { fitsWidth, violations } from "../src/looks.ts";
import { expect, test } from "../src/test.ts";

const password = "a long enough password";
let people = 0;

/** An address that no other run has used: the product under test may be one that lives on. */
function freshAddress(name: string): string {
  return `${name}-${Date.now().toString(36)}${++people}@example.com`;
}

/** Invites an address as an admin does, and gives the link, which is shown once. */
async function invite(page: Page, facts: ProductFacts, email: string, role = "Viewer"): Promise<string> {
  await page.goto(`${facts.consoleUrl}/members`);
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("Role").selectOption(role);
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = dialog.getByRole("textbox", { name: "Invitation link" });
  await expect(link).toHaveValue(/\/invitation\?token=[\w-]{20,}$/);
  const value = await link.inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toBeHidden();
  return value;
}

/** Accepts an invitation in a browser of its own. */
async function accept(browser: Browser, link: string, name: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: /^Join / }).click();
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  return page;
}

function record(page: Page, ...texts: readonly string[]) {
  return texts.reduce(
    (found, text) => found.filter({ hasText: text }),
    page.getByRole("list", { name: "Changes" }).getByRole("listitem"),
  );
}

test("an admin invites a viewer, who sees no keys and no controls; both acts are in the audit log", async ({
  console: page,
  facts,
  browser,
}) => {
  const email = freshAddress("vera");
  const link = await invite(page, facts, email);
  await expect(page.getByRole("heading", { name: "Invited, not here yet" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: email })).toBeVisible();

  const viewer = await accept(browser, link, "Vera Viewer");
  await expect(viewer).toHaveURL(`${facts.consoleUrl}/`);
  const pages = viewer.getByRole("navigation", { name: "Pages" });
  await expect(pages.getByRole("link", { name: "Models" })).toBeVisible();
  for (const hidden of ["Keys", "Billing", "Playground"]) {
    await expect(pages.getByRole("link", { name: hidden })).toHaveCount(0);
  }
  await pages.getByRole("link", { name: "Members" }).click();
  const row = viewer.getByRole("row").filter({ hasText: email });
  await expect(row).toContainText("Viewer");
  await expect(viewer.getByRole("button", { name: /Invite|Remove/ })).toHaveCount(0);
  await expect(viewer.getByRole("combobox", { name: /^Role of/ })).toHaveCount(0);
  await viewer.goto(`${facts.consoleUrl}/settings/audit`);
  await expect(viewer.getByText("Your role may not read the audit log.")).toBeVisible();
  // What the pages hide, the service refuses.
  const refused = await viewer.request.get(`${facts.consoleUrl}/api/trpc/keys.list`);
  expect(refused.status()).toBe(403);

  await page.goto(`${facts.consoleUrl}/settings/audit`);
  await expect(record(page, "Invited a member", email)).toContainText("viewer");
  const accepted = record(page, "Accepted an invitation", email);
  await expect(accepted).toContainText("Vera Viewer");
  await expect(accepted).toContainText(/from (127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)/);
  await viewer.context().close();
});

test("an invitation works once, and not after it was withdrawn", async ({ console: page, facts, browser }) => {
  const used = await invite(page, facts, freshAddress("once"));
  const member = await accept(browser, used, "Once Only");
  await member.context().clearCookies();
  await member.goto(used);
  await expect(member.getByText("This invitation is not valid any more.")).toBeVisible();

  const email = freshAddress("withdrawn");
  const withdrawn = await invite(page, facts, email);
  await page.getByRole("button", { name: `Withdraw the invitation of ${email}` }).click();
  await expect(page.getByRole("listitem").filter({ hasText: email })).toHaveCount(0);
  await expect(page.getByText("The invitation is withdrawn; its link no longer works.")).toBeVisible();
  await member.goto(withdrawn);
  await expect(member.getByText("This invitation is not valid any more.")).toBeVisible();
  await member.goto(`${facts.consoleUrl}/invitation`);
  await expect(member.getByText("This link is not complete.")).toBeVisible();
  await member.context().close();
});

test("forms say beside the field what is wrong", async ({ console: page, facts, browser }) => {
  await page.goto(`${facts.consoleUrl}/members`);
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Email").fill("<script>alert(1)</script>");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  await expect(dialog.getByText("This is not an email address.")).toBeVisible();
  await expect(dialog.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Email").fill(facts.email);
  await dialog.getByRole("button", { name: "Make the link" }).click();
  await expect(dialog.getByText(`${facts.email} is a member already.`)).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();

  const link = await invite(page, facts, freshAddress("fields"));
  const context = await browser.newContext();
  const stranger = await context.newPage();
  await stranger.goto(link);
  await stranger.getByLabel("Password").fill("short");
  await stranger.getByRole("button", { name: /^Join / }).click();
  await expect(stranger.getByText("A name is needed.")).toBeVisible();
  await expect(stranger.getByText("A password has at least 10 characters.")).toBeVisible();
  await stranger.goto(`${facts.consoleUrl}/reset-password?token=made-up`);
  await stranger.getByLabel("New password").fill(password);
  await stranger.getByRole("button", { name: "Set the password" }).click();
  await expect(stranger.getByText("This link is not valid, has expired, or was used already.")).toBeVisible();
  await context.close();

  await page.goto(`${facts.consoleUrl}/settings`);
  await page.getByLabel("Present password").fill("certainly wrong");
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("This is not your present password.")).toBeVisible();
});

test("the last owner stays: the choice goes back, with the reason beside it", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/members`);
  const row = page.getByRole("row").filter({ hasText: facts.email });
  const role = row.getByRole("combobox");
  await role.selectOption("Admin");
  await page.getByRole("button", { name: "Change my role" }).click();
  await expect(row.getByRole("alert")).toContainText("last owner");
  await expect(role).toHaveValue("owner");
});

test("a role is changed and a member removed by name; the log shows before and after", async ({
  console: page,
  facts,
  browser,
}) => {
  const email = freshAddress("ron");
  const name = `Ron ${email.slice(4, 14)}`;
  const member = await accept(browser, await invite(page, facts, email), name);
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: email });
  await row.getByRole("combobox").selectOption("Developer");
  await expect(page.getByText(`${name} is now developer.`)).toBeVisible();
  await member.reload();
  await expect(
    member.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Playground" }),
  ).toBeVisible();

  await row.getByRole("button", { name: `Remove ${name}` }).click();
  const dialog = page.getByRole("dialog");
  const remove = dialog.getByRole("button", { name: "Remove" });
  await expect(remove).toBeDisabled();
  await dialog.getByRole("textbox").fill("somebody else");
  await expect(remove).toBeDisabled();
  await dialog.getByRole("textbox").fill(name);
  await remove.click();
  await expect(row).toHaveCount(0);

  await page.goto(`${facts.consoleUrl}/settings/audit`);
  await page.getByLabel("What").selectOption("Changed a member's role");
  await expect(page).toHaveURL(/action=members\.changeRole/);
  const change = record(page, "Changed a member's role", name);
  await expect(change.locator("del")).toContainText("viewer");
  await expect(change.locator("ins")).toContainText("developer");
  await expect(record(page, "Invited a member")).toHaveCount(0);
  await member.context().close();
});

test("the log is narrowed by its address, and exports what that leaves", async ({ console: page, facts }) => {
  const project = `Log ${Date.now().toString(36)}`;
  await page.goto(`${facts.consoleUrl}/settings`);
  await page.getByRole("button", { name: "New project" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(project);
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: project })).toBeVisible();

  await page.goto(`${facts.consoleUrl}/settings/audit?action=projects.create`);
  await expect(record(page, "Created a project", project)).toBeVisible();
  for (const [format, label] of [
    ["csv", "As CSV"],
    ["jsonl", "As JSONL"],
  ] as const) {
    await page.getByRole("button", { name: "Export" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: label }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^audit-\\d{4}-\\d\\d-\\d\\d\\.${format}$`));
    const text = readFileSync(await file.path(), "utf8");
    expect(text).toContain(project);
    expect(text).not.toContain("members.");
  }
});

test("a filter that is chosen in the moment the page comes alive counts", async ({ console: page, facts }) => {
  await page.addInitScript(() => {
    // The router listens to the address from the moment on that it puts its own function here: the last before that.
    let write = history.replaceState;
    Object.defineProperty(history, "replaceState", {
      get: () => write,
      set: (next: typeof write) => {
        const what = document.querySelector<HTMLSelectElement>('select:has(option[value="projects.create"])');
        if (what) {
          what.value = "projects.create";
          what.dispatchEvent(new Event("change", { bubbles: true }));
        }
        write = next;
      },
    });
  });
  await page.goto(`${facts.consoleUrl}/settings/audit`);
  await expect(page).toHaveURL(/action=projects\.create/);
  await expect(page.getByLabel("What")).toHaveValue("projects.create");
  await expect(page.getByRole("list", { name: "Changes" })).toHaveAttribute("aria-busy", "false");
  await expect(record(page, "Signed in")).toHaveCount(0);
});

test("whoever renames second is told who was first, and loses nothing", async ({ console: page, facts, browser }) => {
  const email = freshAddress("first");
  const other = await accept(browser, await invite(page, facts, email, "Admin"), "Fran First");
  await page.goto(`${facts.consoleUrl}/settings`);
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  const was = await name.inputValue();
  await name.fill(`${was} two`);
  await other.goto(`${facts.consoleUrl}/settings`);
  await other.getByRole("textbox", { name: "Name", exact: true }).fill(`${was} one`);
  await other.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(other.getByText(`The organization is now called ${was} one.`)).toBeVisible();

  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(page.getByText(/by Fran First\./)).toBeVisible();
  await expect(page.getByText(`It is called “${was} one” now.`)).toBeVisible();
  await expect(name).toHaveValue(`${was} two`);
  await name.fill(was);
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(page.getByText(`The organization is now called ${was}.`)).toBeVisible();
  await other.context().close();
});

test("signing out everywhere ends the sessions of every browser", async ({ console: page, facts, browser }) => {
  const email = freshAddress("sid");
  const here = await accept(browser, await invite(page, facts, email), "Sid Everywhere");
  const elsewhere = await browser.newContext();
  const there = await elsewhere.newPage();
  await there.goto(`${facts.consoleUrl}/sign-in`);
  await there.getByLabel("Email").fill(email);
  await there.getByLabel("Password").fill(password);
  await there.getByRole("button", { name: "Sign in" }).click();
  await expect(there).toHaveURL(`${facts.consoleUrl}/`);

  await here.goto(`${facts.consoleUrl}/settings`);
  await here.getByRole("button", { name: "Sign out everywhere" }).click();
  await here.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(here).toHaveURL(/\/sign-in/);
  await there.goto(`${facts.consoleUrl}/settings`);
  await expect(there).toHaveURL(/\/sign-in/);
  await elsewhere.close();
  await here.context().close();
});

test("an admin invites by keyboard alone", async ({ console: page }) => {
  const { keyboard } = page;
  await openByPalette(page, "Members");
  await expect(page).toHaveURL(/\/members$/);
  await tabTo(page.getByRole("button", { name: "Invite" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByLabel("Email")).toBeFocused();
  const email = freshAddress("keys");
  await keyboard.type(email);
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("textbox", { name: "Invitation link" })).toBeFocused();
  await keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Copy invitation link" })).toBeFocused();
  await tabTo(page.getByRole("button", { name: "Done" }));
  await keyboard.press("Enter");

  // Who did what, narrowed to it: all without a pointer.
  await openByPalette(page, "Settings");
  await tabTo(page.getByRole("link", { name: "Audit log" }));
  await keyboard.press("Enter");
  const what = page.getByLabel("What");
  await tabTo(what);
  await keyboard.type("Invited a member");
  await expect(page).toHaveURL(/action=members\.invite/);
  await expect(record(page, "Invited a member", email)).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, reducedMotion: "reduce" } as { colorScheme: typeof colorScheme });

    test("the admin's pages have no accessibility violation and fit a phone", async ({
      console: page,
      facts,
      browser,
    }) => {
      const link = await invite(page, facts, freshAddress("axe"));
      for (const size of [
        { width: 1440, height: 900 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(size);
        for (const path of ["/members", "/settings", "/settings/audit"]) {
          await page.goto(facts.consoleUrl + path);
          await settled(page);
          if (path === "/members") await page.getByText("Every permission, role by role").click();
          await inspect(page);
        }
        await page.goto(`${facts.consoleUrl}/members`);
        await page.getByRole("button", { name: "Invite" }).click();
        await inspect(page);
        const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: size });
        const stranger = await context.newPage();
        for (const path of [
          link,
          `${facts.consoleUrl}/invitation?token=none`,
          `${facts.consoleUrl}/reset-password?token=x`,
        ]) {
          await stranger.goto(path);
          await inspect(stranger);
        }
        await context.close();
      }
    });
  });
}

async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForLoadState("networkidle").catch(() => undefined);
}

async function inspect(page: Page): Promise<void> {
  expect(await violations(page), page.url()).toEqual([]);
  expect(await fitsWidth(page)).toBe(true);
}
