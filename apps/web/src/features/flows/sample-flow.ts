/** A flow that runs on a fresh installation: nothing in it must be there before. */
export const sampleFlow = `flow: check-a-text
description: Counts a text's words, asks a person about a long one, and says what came of it.
input: { text: string }
steps:
  count:
    code: |
      function run({ text }) {
        const words = text.split(/\\s+/).filter((word) => word !== "").length;
        return { words, long: words > 5 };
      }
    with: { text: "\${input.text}" }
    output: { words: integer, long: boolean }
  check:
    branch: \${count.long}
    cases:
      "true":
        steps:
          ask: { approve: "Is a text of \${count.words} words all right?", refused: go-on }
        output: { verdict: "\${ask.note}", asked: true }
      "false":
        output: { verdict: "short enough", asked: false }
output: { words: "\${count.words}", verdict: "\${check.verdict}", asked: "\${check.asked}" }
`;
