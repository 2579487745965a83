import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildAutomaton } from "./automaton.ts";
import { GrammarError } from "./errors.ts";
import { anyJson, parseJsonSchema } from "./json-schema.ts";
import { Matcher, type Position } from "./matcher.ts";

const encoder = new TextEncoder();
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

function matcherOf(schema: unknown): Matcher {
  return new Matcher(buildAutomaton(parseJsonSchema(schema)));
}

function accepts(schema: unknown, text: string): boolean {
  const matcher = matcherOf(schema);
  return matcher.run(matcher.start, encoder.encode(text))?.complete ?? false;
}

/** A text that the matcher allows: at first any bytes that may follow, after a while a way to an end. */
function randomText(matcher: Matcher, next: (below: number) => number): string {
  const bytes: number[] = [];
  let position: Position = matcher.start;
  while (!position.final && !(position.complete && next(4) === 0)) {
    if (bytes.length >= 60) {
      bytes.push(...wayToEnd(matcher, position));
      break;
    }
    const ways: number[] = [];
    for (let byte = 0; byte < 256; byte++) if (matcher.step(position, byte) !== undefined) ways.push(byte);
    const byte = ways[next(ways.length)]!;
    bytes.push(byte);
    position = matcher.step(position, byte)!;
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes));
}

/** A way to an end that closes what it can, going back where that leads nowhere. */
function wayToEnd(matcher: Matcher, start: Position): number[] {
  const order = [...new Set([...new TextEncoder().encode('"]}'), ...Array.from({ length: 256 }, (_, byte) => byte)])];
  const seen = new Set([start]);
  const path: { position: Position; tried: number; byte: number }[] = [{ position: start, tried: 0, byte: -1 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (top.position.complete) return path.slice(1).map(({ byte }) => byte);
    const byte = order[top.tried];
    top.tried += 1;
    if (byte === undefined) {
      path.pop();
      continue;
    }
    const after = matcher.step(top.position, byte);
    if (after === undefined || seen.has(after)) continue;
    seen.add(after);
    path.push({ position: after, tried: 0, byte });
  }
  throw new Error("the text can't be ended");
}

/** Numbers from a seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** What the validator says of a text. */
function isValid(schema: unknown, text: string): boolean {
  if (schema === true) return true;
  if (typeof schema !== "object" || schema === null) throw new TypeError("a schema is an object");
  return ajv.validate(schema, JSON.parse(text));
}

const support = {
  type: "object",
  properties: {
    queue: { enum: ["billing", "bug", "how-to"] },
    urgency: { type: "integer", minimum: 1, maximum: 5 },
    note: { type: ["string", "null"], maxLength: 20 },
    tags: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 },
  },
  required: ["queue", "tags"],
  additionalProperties: false,
};
const tree = {
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      properties: { value: { type: "number" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      required: ["value"],
      additionalProperties: false,
    },
  },
};

describe("JSON Schema", () => {
  it.each<[unknown, string, boolean]>([
    [support, '{"queue": "bug", "urgency": 3, "tags": ["a"]}', true],
    [support, '{"queue":"bug","tags":["a","b"]}', true],
    [support, '{\n  "queue": "bug",\n  "note": null,\n  "tags": [\n    "é\\n\\u00e9"\n  ]\n}', true],
    [support, '{"queue": "bug", "urgency": 6, "tags": ["a"]}', false],
    [support, '{"queue": "bug"}', false],
    [support, '{"queue": "bug", "tags": []}', false],
    [support, '{"queue": "bug", "tags": ["a"], "more": 1}', false],
    [support, '{"queue": "other", "tags": ["a"]}', false],
    [tree, '{"value": 1.5e3, "children": [{"value": -2, "children": []}]}', true],
    [tree, '{"value": 1, "children": [{}]}', false],
    [{ type: "object" }, '{"a": [1, {"b": null}], "c": "x"}', true],
    [{ type: "object" }, "[1]", false],
    [true, '[1, "two", {"three": [true, false, null]}]', true],
    [{ properties: { a: { type: "string" } } }, '{"a": "x", "b": 2}', true],
    [{ properties: { a: { type: "string" } } }, '{"a": "x", "a": 2}', false],
    [{ properties: { a: { type: "string" } } }, '{"ab": 2, "": 1, "b": 3}', true],
    [{ properties: { a: {} }, required: ["b"] }, '{"b": 1}', true],
    [{ type: "string", pattern: "^[A-Z]{2}-\\d+$" }, '"AB-12"', true],
    [{ type: "string", pattern: "b+" }, '"aabba\\n"', true],
    [{ type: "string", pattern: 'a"b' }, '"a\\"b"', true],
    [{ type: "string", pattern: "b+" }, '"aa"', false],
    [{ type: "string", format: "date" }, '"2026-02-28"', true],
    [{ type: "string", format: "date" }, '"2026-02-30"', false],
    [{ type: "array", prefixItems: [{ type: "integer" }, { type: "boolean" }], items: false }, "[1, true]", true],
    [
      { type: "array", prefixItems: [{ type: "integer" }], items: { type: "string" }, minItems: 2 },
      '[1, "a", "b"]',
      true,
    ],
    [{ type: "array", prefixItems: [{ type: "integer" }], items: { type: "string" }, minItems: 2 }, "[1]", false],
    [{ anyOf: [{ type: "null" }, { const: { a: [1, "x"] } }] }, '{"a": [1, "x"]}', true],
    [
      { allOf: [{ properties: { a: { type: "integer" } } }, { properties: { b: {} }, required: ["b"] }] },
      '{"a": 1, "b": "x"}',
      true,
    ],
    [
      { type: "object", additionalProperties: { type: "integer" }, minProperties: 2, maxProperties: 3 },
      '{"a":1,"b":2}',
      true,
    ],
    [{ type: "object", additionalProperties: { type: "integer" }, minProperties: 2 }, '{"a":1}', false],
    [{ type: "string" }, '"\\ud83d\\ude00"', true],
    [{ type: "string" }, '"\\ud83d"', false],
    [{ type: "string" }, '"a\nb"', false],
    [{ type: "number" }, "01", false],
    [{ type: "number" }, "-0.5", true],
  ])("%# of %j: %s is %s", (schema, text, right) => {
    expect(accepts(schema, text)).toBe(right);
    if (right) expect(isValid(schema, text)).toBe(true);
  });

  it.each<[unknown, string, string]>([
    [{ type: "objekt" }, "syntax", "#/type"],
    [{ type: "object", properties: 3 }, "syntax", "#/properties"],
    [{ properties: { a: { type: "array", items: { minLength: -1 } } } }, "syntax", "#/properties/a/items/minLength"],
    [{ not: { type: "string" } }, "unsupported", "`not`"],
    [{ type: "array", uniqueItems: true }, "unsupported", "uniqueItems"],
    [{ $ref: "https://example.com/x.json" }, "unsupported", "elsewhere"],
    [{ $ref: "#/$defs/none" }, "syntax", "points to nothing"],
    [{ enum: [] }, "unsatisfiable", "no text"],
    [false, "unsatisfiable", "no text"],
    [{ type: "integer", minimum: 5, maximum: 4 }, "unsatisfiable", "#"],
    [{ type: "integer", exclusiveMinimum: 4, exclusiveMaximum: 5 }, "unsatisfiable", "#"],
    [{ type: "array", minItems: 3, maxItems: 2 }, "unsatisfiable", "maxItems"],
    [{ type: "object", properties: { a: {} }, required: ["b"], additionalProperties: false }, "unsatisfiable", "`b`"],
    [{ properties: { a: { $ref: "#" } }, required: ["a"] }, "unsatisfiable", "no text"],
    [{ type: "string", pattern: "(a" }, "syntax", "#/pattern"],
    [{ type: "string", minLength: 100_000, maxLength: 100_000 }, "too-complex", "states"],
    ["a string", "syntax", "#"],
  ])("%# refuses %j", (schema, code, where) => {
    let error: unknown;
    try {
      matcherOf(schema);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(GrammarError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(where) });
  });

  it("refuses a reference that only leads back to itself", () => {
    expect(() => matcherOf({ $ref: "#" })).toThrow(GrammarError);
  });

  it("survives schemas that multiply", () => {
    const defs: Record<string, unknown> = { d0: { type: "string" } };
    for (let i = 1; i <= 30; i++) {
      const half = { $ref: `#/$defs/d${i - 1}` };
      defs[`d${i}`] = { type: "array", prefixItems: [half, half], items: false, minItems: 2 };
    }
    const matcher = matcherOf({ $ref: "#/$defs/d30", $defs: defs });
    expect(matcher.run(matcher.start, encoder.encode("[".repeat(30)))).toBeDefined();
  });

  it("is as strict about numbers as their bounds", () => {
    const bound = fc.integer({ min: -2_000, max: 2_000 }).map((n) => n / 8);
    const value = fc.integer({ min: -20_000, max: 20_000 }).map((n) => n / 64);
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        value,
        (a, b, openLow, openHigh, whole, v) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          const schema = {
            type: whole ? "integer" : "number",
            [openLow ? "exclusiveMinimum" : "minimum"]: low,
            [openHigh ? "exclusiveMaximum" : "maximum"]: high,
          };
          let matcher: Matcher;
          try {
            matcher = matcherOf(schema);
          } catch (error) {
            if (!(error instanceof GrammarError) || error.code !== "unsatisfiable") throw error;
            for (const one of [low, high, Math.ceil(low), v]) expect(ajv.validate(schema, one)).toBe(false);
            return;
          }
          for (const one of [v, low, high, Math.round(v), Math.round(low), 0]) {
            const right = ajv.validate(schema, one);
            const text = Object.is(one, -0) ? "0" : String(one);
            expect([schema, text, matcher.run(matcher.start, encoder.encode(text))?.complete ?? false]).toEqual([
              schema,
              text,
              right,
            ]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("accepts any JSON value as JSON.stringify writes it", () => {
    const matcher = new Matcher(buildAutomaton(anyJson()));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, indented) => {
        const text = JSON.stringify(value, null, indented ? 2 : undefined);
        // Numbers with more digits than a model has reason to write are left out.
        fc.pre(!/\d{16}|e[+-]\d{3}/.test(text));
        expect([text, matcher.run(matcher.start, encoder.encode(text))?.complete]).toEqual([text, true]);
      }),
      { numRuns: 300 },
    );
  });
});

/** Schemas of every kind that is offered. */
const { schema: anySchema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom({ type: "boolean" }, { type: "null" }, { type: "number" }, { type: "integer" }, true),
    fc.record({
      enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
    fc.record({ type: fc.constant("string"), minLength: fc.nat(3), maxLength: fc.integer({ min: 3, max: 9 }) }),
    fc.record({ type: fc.constant("string"), pattern: fc.constantFrom("^[a-z]{1,4}$", "\\d", "^(x|yy)*$", "é+") }),
    fc.record({
      type: fc.constant("string"),
      format: fc.constantFrom(
        "date",
        "time",
        "date-time",
        "email",
        "ipv4",
        "ipv6",
        "uuid",
        "hostname",
        "duration",
        "uri",
      ),
    }),
    fc.record({
      type: fc.constantFrom("integer", "number"),
      minimum: fc.integer({ min: -99, max: 9 }),
      maximum: fc.integer({ min: 10, max: 999 }),
    }),
    fc.record({
      type: fc.constant("array"),
      items: tie("schema"),
      minItems: fc.nat(2),
      maxItems: fc.integer({ min: 2, max: 4 }),
    }),
    fc
      .record({
        properties: fc.dictionary(
          fc.string({ maxLength: 5 }).filter((key) => key !== "__proto__"),
          tie("schema"),
          { maxKeys: 4 },
        ),
        picked: fc.array(fc.nat(3), { maxLength: 4 }),
        additionalProperties: fc.boolean(),
      })
      .map(({ additionalProperties, picked, properties }) => {
        const names = Object.keys(properties);
        const required = [...new Set(picked)].flatMap((i) => names[i] ?? []);
        return { type: "object", properties, required, additionalProperties };
      }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
  ),
}));

it("allows nothing that a validator would refuse", () => {
  fc.assert(
    fc.property(anySchema, fc.integer(), (schema, seed) => {
      const matcher = matcherOf(schema);
      const next = random(seed);
      for (let i = 0; i < 3; i++) {
        const text = randomText(matcher, next);
        expect([schema, text, isValid(schema, text)]).toEqual([schema, text, true]);
      }
    }),
    { numRuns: 200 },
  );
}, 60_000);
