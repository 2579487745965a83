import { createRequire } from "node:module";
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
  shouldInterruptAfterDeadline,
} from "quickjs-emscripten-core";
import type { SandboxLimits } from "./sandbox.ts";
import { stripTypeScriptTypes } from "./strip-types.ts";

// Its types are those of its CommonJS form.
const variant: QuickJSSyncVariant = createRequire(import.meta.url)("@jitl/quickjs-wasmfile-release-sync").default;

let quickjs: Promise<QuickJSWASMModule> | undefined;

export type Isolated =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      /** A sentence. */
      readonly reason: string;
    };

/**
 * Calls a function of a person's TypeScript in an interpreter of its own inside WebAssembly, as evaluators are: no network,
 * no files, nothing of this process. What goes in and out is JSON.
 * @param name of the function that the source declares
 */
export async function callIsolated(
  source: string,
  name: string,
  args: readonly unknown[],
  limits: SandboxLimits,
): Promise<Isolated> {
  let script: string;
  try {
    script = stripTypeScriptTypes(source);
  } catch (error) {
    return failed(`The code is no TypeScript: ${said(error)}`);
  }
  quickjs ??= newQuickJSWASMModuleFromVariant(variant);
  const runtime = (await quickjs).newRuntime();
  try {
    runtime.setMemoryLimit(limits.bytes);
    runtime.setMaxStackSize(256 * 1024);
    runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + limits.milliseconds));
    const context = runtime.newContext();
    try {
      const text = context.newString(JSON.stringify(args));
      context.setProp(context.global, "__given", text);
      text.dispose();
      // The result leaves as text: nothing of the interpreter is read by its own word.
      const result = context.evalCode(
        `"use strict";\n${script}\n;(() => JSON.stringify({ result: ${name}(...JSON.parse(__given)) }))()`,
        "step.js",
      );
      if (result.error) {
        const error: unknown = context.dump(result.error);
        result.error.dispose();
        return failed(reasonOf(error, name, limits));
      }
      const out: unknown = context.dump(result.value);
      result.value.dispose();
      return { ok: true, value: typeof out === "string" ? Object(JSON.parse(out)).result : undefined };
    } finally {
      context.dispose();
    }
  } catch (error) {
    return failed(`The code did not end well: ${said(error)}`);
  } finally {
    try {
      runtime.dispose();
    } catch {
      // An interpreter that ran out of memory may leave a wreck; a new module takes its place.
      quickjs = undefined;
    }
  }
}

function failed(reason: string): Isolated {
  return { ok: false, reason };
}

function reasonOf(error: unknown, name: string, { bytes, milliseconds }: SandboxLimits): string {
  const text = said(error);
  if (text.includes("interrupted")) return `The code ran longer than ${milliseconds} ms.`;
  if (text.includes("out of memory")) return `The code used more than ${Math.round(bytes / 2 ** 20)} MiB.`;
  if (text.includes(`${name} is not defined`) || text.includes(`'${name}'`))
    return `The code declares no function named ${name}.`;
  return `The code threw: ${text}`;
}

function said(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message).slice(0, 500);
  return String(error).slice(0, 500);
}
