import fc from "fast-check";
import { expect, it } from "vitest";
import { type ToolCallDelta, ToolReader } from "./reader.ts";
import { type ToolSyntax, toolSyntaxOf } from "./syntax.ts";

const syntaxes: Record<string, ToolSyntax> = {
  hermes: toolSyntaxOf("{{ tools }} <tool_call>"),
  llama: toolSyntaxOf("{{ tools }} <|python_tag|>"),
  mistral: toolSyntaxOf("{{ tools }} [TOOL_CALLS]"),
};

/** Reads a text in pieces that end at the given places. */
function read(syntax: ToolSyntax, text: string, cuts: readonly number[]) {
  const reader = new ToolReader(syntax);
  const calls: { name: string; arguments: string }[] = [];
  let out = "";
  const take = (deltas: readonly ToolCallDelta[]) => {
    for (const delta of deltas) {
      if (delta.name !== undefined) calls[delta.index] = { name: delta.name, arguments: "" };
      calls[delta.index]!.arguments += delta.arguments;
    }
  };
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  for (const [i, end] of [...places, text.length].entries()) {
    const piece = reader.push(text.slice(places[i - 1] ?? 0, end));
    out += piece.text;
    take(piece.calls);
  }
  return { text: out + reader.flush(), calls };
}

function written(syntax: ToolSyntax, calls: readonly { name: string; arguments: string }[]): string {
  const one = (call: { name: string; arguments: string }) =>
    `{"name": ${JSON.stringify(call.name)}, "${syntax.argumentsKey}": ${call.arguments}}`;
  return syntax.open + syntax.before + calls.map(one).join(syntax.between) + syntax.after;
}

it.each(Object.keys(syntaxes))("calls come out as they went in, in whatever pieces: %s", (name) => {
  const syntax = syntaxes[name]!;
  const call = fc.record({
    name: fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/),
    arguments: fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
  });
  fc.assert(
    fc.property(
      fc.array(call, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (calls, cuts) => {
        expect(read(syntax, written(syntax, calls), cuts)).toEqual({ text: "", calls });
      },
    ),
  );
});

it("text before the calls stays text, and text alone too", () => {
  const hermes = syntaxes.hermes!;
  const calls = [{ name: "weather", arguments: '{"city": "Pa}ris"}' }];
  expect(read(hermes, `Let me look.\n${written(hermes, calls)}`, [3, 14, 20])).toEqual({ text: "Let me look.", calls });
  fc.assert(
    fc.property(fc.string(), fc.array(fc.nat()), (text, cuts) => {
      fc.pre(!text.includes("<tool_call>"));
      expect(read(hermes, text, cuts)).toEqual({ text, calls: [] });
    }),
  );
  expect(read(hermes, "a <tool_ca", [4, 6])).toEqual({ text: "a <tool_ca", calls: [] });
});

it("a call that is cut off is given as far as it came", () => {
  expect(read(syntaxes.hermes!, '<tool_call>\n{"name": "f", "arguments": {"a": [1', [12])).toEqual({
    text: "",
    calls: [{ name: "f", arguments: '{"a": [1' }],
  });
});
