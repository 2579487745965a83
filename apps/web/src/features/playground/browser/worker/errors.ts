/** Why a model can't be run in this browser, in words for the person. */
export class BrowserModelError extends Error {
  override readonly name = "BrowserModelError";
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
