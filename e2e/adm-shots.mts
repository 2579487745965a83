import { chromium } from "@playwright/test";
import { chromiumArgs, findChromium } from "./src/chromium.ts";
import { readFacts } from "./src/facts.ts";
import { makeSignInLink } from "./src/sign-in-link.ts";

const facts = readFacts("/tmp/tug/adm-home");
const b = await chromium.launch({ executablePath: findChromium(), args: chromiumArgs });
const out = "/tmp/tug/shots/adm";
for (const scheme of (process.argv[2] ?? "light,dark").split(",") as ("light" | "dark")[])
  for (const [w, h] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    const c = await b.newContext({ colorScheme: scheme, viewport: { width: w, height: h }, reducedMotion: "reduce" });
    const p = await c.newPage();
    await p.goto(makeSignInLink(facts));
    const shot = (n: string) =>
      p.screenshot({ path: `${out}-${n}-${scheme}-${w}.png`, fullPage: !n.includes("dialog") });
    for (const path of ["members", "settings", "settings/audit"]) {
      await p.goto(`${facts.consoleUrl}/${path}`);
      await p.waitForLoadState("networkidle").catch(() => {});
      if (path === "members") await p.getByText("Every permission").click();
      await shot(path.replace("/", "-"));
      if (path === "members") {
        await p.getByRole("button", { name: "Invite" }).click();
        await p.getByLabel("Email").fill(`shot-${scheme}-${w}@example.com`);
        await shot("dialog-invite");
        await p.getByRole("button", { name: "Make the link" }).click();
        await p.getByRole("textbox", { name: "Invitation link" }).waitFor();
        await shot("dialog-link");
        const link = await p.getByRole("textbox", { name: "Invitation link" }).inputValue();
        await p.getByRole("button", { name: "Done" }).click();
        const c2 = await b.newContext({ colorScheme: scheme, viewport: { width: w, height: h } });
        const q = await c2.newPage();
        await q.goto(link);
        await q.screenshot({ path: `${out}-invitation-${scheme}-${w}.png` });
        await q.goto(`${facts.consoleUrl}/reset-password?token=x`);
        await q.screenshot({ path: `${out}-reset-${scheme}-${w}.png` });
        await c2.close();
      }
    }
    await c.close();
  }
await b.close();
