import { createRequire } from "node:module";
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
  shouldInterruptAfterDeadline,
} from "quickjs-emscripten-core";
import type { Judged, JudgedExample, Score } from "./judged.ts";
import { stripTypeScriptTypes } from "./strip-types.ts";

/** What a person's code may use. */
export interface SandboxLimits {
  readonly milliseconds: number;
  readonly bytes: number;
}

export const sandboxLimits: SandboxLimits = { milliseconds: 200, bytes: 32 * 2 ** 20 };

// Its types are those of its CommonJS form.
const variant: QuickJSSyncVariant = createRequire(import.meta.url)("@jitl/quickjs-wasmfile-release-sync").default;

let quickjs: Promise<QuickJSWASMModule> | undefined;

/**
 * Runs a person's function over an answer, in an interpreter of its own inside WebAssembly (QuickJS): it has no network, no
 * files, no clock to wait on and nothing of this process; its time and its memory are bound. A new interpreter for every
 * answer, so that no answer's judgement can depend on another's.
 *
 * The source is TypeScript and declares `function evaluate(output, expected, example)`, which gives a number from 0 to 1, a
 * boolean, or `{ value, reason }`.
 */
export async function runCode(
  source: string,
  output: Judged,
  example: JudgedExample,
  limits: SandboxLimits = sandboxLimits,
): Promise<Score> {
  let script: string;
  try {
    script = stripTypeScriptTypes(source);
  } catch (error) {
    return { value: null, reason: `The code is no TypeScript: ${said(error)}` };
  }
  quickjs ??= newQuickJSWASMModuleFromVariant(variant);
  const runtime = (await quickjs).newRuntime();
  try {
    runtime.setMemoryLimit(limits.bytes);
    runtime.setMaxStackSize(256 * 1024);
    runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + limits.milliseconds));
    const context = runtime.newContext();
    try {
      const given = JSON.stringify({ output, expected: example.expected, example });
      const text = context.newString(given);
      context.setProp(context.global, "__given", text);
      text.dispose();
      // The result leaves as text: nothing of the interpreter is read by its own word.
      const result = context.evalCode(
        `"use strict";\n${script}\n;(() => { const given = JSON.parse(__given); return JSON.stringify({ result: evaluate(given.output, given.expected, given.example) }); })()`,
        "evaluator.js",
      );
      if (result.error) {
        const error: unknown = context.dump(result.error);
        result.error.dispose();
        return { value: null, reason: failure(error, limits) };
      }
      const out: unknown = context.dump(result.value);
      result.value.dispose();
      return readScore(out);
    } finally {
      context.dispose();
    }
  } catch (error) {
    return { value: null, reason: `The code did not end well: ${said(error)}` };
  } finally {
    try {
      runtime.dispose();
    } catch {
      // An interpreter that ran out of memory may leave a wreck; a new module takes its place.
      quickjs = undefined;
    }
  }
}

/** What the code gave, whatever it says it is. */
function readScore(text: unknown): Score {
  const wrong = "It must give a number from 0 to 1, true or false, or {value, reason}.";
  let result: unknown;
  try {
    result = typeof text === "string" ? Object(JSON.parse(text)).result : undefined;
  } catch {
    return { value: null, reason: wrong };
  }
  const told = typeof result === "object" && result !== null ? result : undefined;
  const value: unknown = told === undefined ? result : Reflect.get(told, "value");
  const why: unknown = told === undefined ? undefined : Reflect.get(told, "reason");
  const reason = typeof why === "string" ? { reason: why.slice(0, 2000) } : {};
  if (typeof value === "boolean") return { value: value ? 1 : 0, ...reason };
  if (typeof value === "number" && value >= 0 && value <= 1) return { value, ...reason };
  const gave = JSON.stringify(value)?.slice(0, 100) ?? "nothing";
  return { value: null, reason: `The code gave ${gave}. ${wrong}` };
}

function failure(error: unknown, { bytes, milliseconds }: SandboxLimits): string {
  const text = said(error);
  if (text.includes("interrupted")) return `The code ran longer than ${milliseconds} ms.`;
  if (text.includes("out of memory")) return `The code used more than ${Math.round(bytes / 2 ** 20)} MiB.`;
  if (text.includes("evaluate is not defined") || text.includes("'evaluate'")) {
    return "The code declares no function named evaluate.";
  }
  return `The code threw: ${text}`;
}

function said(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message).slice(0, 500);
  return String(error).slice(0, 500);
}
