import { randomBytes } from "node:crypto";
import type { SpanAttributes } from "@tugboat/db";
import { Heard } from "./heard.ts";

/** A step that has ended; times are in ms, from the request's arrival. */
export interface RecordedSpan {
  readonly id: string;
  /** Undefined: the request itself. */
  readonly parentId: string | undefined;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly attributes: SpanAttributes;
}

/** A step that runs. */
export interface OpenSpan {
  /** For steps within it. */
  readonly id: string;
  /** Ends it; a second time does nothing. */
  end(attributes?: SpanAttributes): void;
  /** Ends it as failed. */
  fail(error: unknown, attributes?: SpanAttributes): void;
}

/** Most requests have fewer than ten steps; a loop that makes more is cut here. */
const mostSpans = 500;

/** Collects what one request does while it runs. Cheap: nothing is written, redacted or sent before its end. */
export class TraceBuilder {
  readonly #now: () => number;
  readonly #spans: RecordedSpan[] = [];
  /** The span of the request itself. */
  readonly rootId = newSpanId();
  /** The trace that the client's `traceparent` names, with its span. */
  parent: { readonly traceHex: string; readonly spanId: string } | undefined;
  /** The name that was asked for, whether it exists or not. */
  asked = "";
  /** The request's body. */
  input: unknown;
  readonly heard = new Heard();
  /** What was used in its name by the requests that it made: theirs are the usage events. */
  parts: { readonly inputTokens: number; readonly outputTokens: number; readonly amountPicoUsd: bigint } | undefined;
  /** What it was refused with, or failed by. */
  problem: { readonly code: string; readonly message: string } | undefined;

  /** @param now ms since the request arrived */
  constructor(now: () => number) {
    this.#now = now;
  }

  get spans(): readonly RecordedSpan[] {
    return this.#spans;
  }

  /**
   * Begins a step: `const span = call.trace.span("route"); …; span.end({ "tugboat.alias": name })`.
   * @param parentId another span's id; the request itself when left out
   */
  span(name: string, attributes: SpanAttributes = {}, parentId?: string): OpenSpan {
    const startMs = this.#now();
    const id = newSpanId();
    let ended = false;
    const close = (failed: boolean, more: SpanAttributes) => {
      if (ended) return;
      ended = true;
      const durationMs = Math.max(0, this.#now() - startMs);
      this.add({ id, parentId, name, startMs, durationMs, failed, attributes: { ...attributes, ...more } });
    };
    return {
      id,
      end: (more = {}) => close(false, more),
      fail: (error, more = {}) => close(true, { ...more, "error.type": kindOf(error) }),
    };
  }

  /** Runs a step and records how long it took and whether it failed. */
  async within<T>(name: string, run: () => Promise<T>, attributes?: SpanAttributes): Promise<T> {
    const span = this.span(name, attributes);
    try {
      const result = await run();
      span.end();
      return result;
    } catch (error) {
      span.fail(error);
      throw error;
    }
  }

  /** Records a step that was measured elsewhere. */
  add(span: Omit<RecordedSpan, "id" | "parentId" | "failed"> & Partial<RecordedSpan>): void {
    if (this.#spans.length >= mostSpans) return;
    this.#spans.push({ id: newSpanId(), parentId: undefined, failed: false, ...span });
  }
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

function kindOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "error";
}
