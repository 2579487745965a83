/** Why one try of a step failed, in a sentence for whoever looks at the run. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly hint: string;
  /** Whether the same try may go well a little later. */
  readonly again: boolean;
  /** The code that the API refused with, where it was a model that was asked. */
  readonly refusal: string | undefined;

  constructor(
    message: string,
    hint: string,
    { again, refusal }: { readonly again: boolean; readonly refusal?: string | undefined },
  ) {
    super(message);
    this.hint = hint;
    this.again = again;
    this.refusal = refusal;
  }
}

/** Why a run ended without an output, and where. */
export class FlowFailure extends Error {
  override readonly name = "FlowFailure";
  readonly code: "step-failed" | "refused" | "bad-output" | "too-large";
  readonly hint: string;
  /** The step's path: each[3].ask. */
  readonly step: string | undefined;

  constructor(code: FlowFailure["code"], message: string, hint: string, step?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.step = step;
  }
}
