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

  /** Waits until no column is under way, however it ended. */
  async settled(timeout = 60_000): Promise<void> {
    await expect(this.page.getByRole("log").first()).toBeVisible();
    await expect(this.page.locator('[role="log"][aria-busy="true"]')).toHaveCount(0, { timeout });
  }

  /** Waits until every column's answer is complete and gives the text of the last. */
  async finished(timeout = 60_000): Promise<string> {
    await this.settled(timeout);
    await expect(this.figures.last().locator("[data-reason]")).toBeVisible();
    return (await this.answers.last().innerText()).trim();
  }

  column(number: number): Locator {
    return this.page.locator(`[data-column="${number}"]`);
  }

  /** Chooses a column's model, and where it computes. */
  async choose(column: number, model: string, place: "service" | "browser" = "service"): Promise<void> {
    await this.column(column).getByRole("combobox").selectOption(`${place}:${model}`);
  }

  /** The address once it says what is on screen. */
  async settledAddress(): Promise<string> {
    let last = "";
    await expect
      .poll(
        async () => {
          const [before, now] = [last, this.page.url()];
          last = now;
          return before === now;
        },
        { intervals: [600] },
      )
      .toBe(true);
    return last;
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
