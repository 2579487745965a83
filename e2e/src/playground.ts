import { expect, type Locator, type Page } from "@playwright/test";

/** The playground as a person sees it. */
export class Playground {
  readonly message: Locator;
  readonly answers: Locator;
  readonly figures: Locator;

  constructor(readonly page: Page) {
    this.message = page.getByRole("textbox", { name: "Message", exact: true });
    this.answers = page.getByTestId("answer");
    this.figures = page.getByTestId("figures");
  }

  /** Opens it; `query` may set what its address can hold. */
  async open(query: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.page.goto(`/playground?${new URLSearchParams(query)}`);
    await expect(this.page.locator("[data-ready]")).toBeVisible();
  }

  async send(text: string): Promise<void> {
    await this.message.fill(text);
    await this.page.keyboard.press("Control+Enter");
  }

  /** Waits until the last answer is complete and gives its text. */
  async finished(): Promise<string> {
    await expect(this.page.getByRole("log")).toHaveAttribute("aria-busy", "false", { timeout: 60_000 });
    await expect(this.figures.last().locator("[data-reason]")).toBeVisible();
    return (await this.answers.last().innerText()).trim();
  }

  /** A figure of the last answer by its name: "tokens", "tok/s", "seed". */
  async figure(name: string): Promise<string> {
    const entry = this.figures
      .last()
      .locator("div")
      .filter({ has: this.page.locator("dt", { hasText: new RegExp(`(^|\\s)${name}$`) }) });
    return entry.locator("dd").innerText();
  }
}
