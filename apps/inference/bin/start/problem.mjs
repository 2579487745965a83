/** Something a person has to know about: what is wrong, and what to do. */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} [hint]
   * @param {string} [detail] the last lines of a log, shown before the sentence
   */
  constructor(code, message, hint = "", detail = "") {
    super(message);
    this.code = code;
    this.hint = hint;
    this.detail = detail;
  }

  text() {
    return [this.detail, this.message, this.hint].filter((part) => part !== "").join("\n");
  }
}
