import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { type FunctionCallItem, type Item, newId, type Part } from "./responses-items.ts";
import type { ResponsesRequest } from "./responses-request.ts";

const piece = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z
    .array(
      z.looseObject({
        index: z.number().optional(),
        id: z.string().nullish(),
        function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

const count = z.number().nullish();

/** A chat's whole answer, or one chunk of it, by whomever served it. */
export const chatDocument = z.looseObject({
  choices: z
    .array(z.looseObject({ message: piece.nullish(), delta: piece.nullish(), finish_reason: z.string().nullish() }))
    .nullish(),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
    })
    .nullish(),
  error: z.looseObject({ message: z.string(), code: z.string().nullish(), type: z.string().nullish() }).nullish(),
  tugboat: z.unknown().optional(),
});
export type ChatDocument = z.output<typeof chatDocument>;

export interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

type Status = "in_progress" | "completed" | "incomplete" | "failed";

/** A response that comes to be from a chat's answer, with the events that tell of it. */
export class ResponseDraft {
  readonly id = newId("resp");
  readonly #head: object;
  readonly #tail: object;
  readonly #model: string;
  #status: Status = "in_progress";
  #output: Item[] = [];
  /** The last of the output, while more of it comes. */
  #open: { item: Item; index: number; toolIndex: number | undefined; text: string } | undefined;
  #finish: string | undefined;
  #usage: ChatDocument["usage"];
  #told: unknown;
  #error: { code: string; message: string } | null = null;
  #sequence = 0;
  #completedAt: number | null = null;

  constructor({ body }: ResponsesRequest, kept: boolean) {
    const text = body.text?.format ?? { type: "text" };
    this.#model = body.model;
    this.#head = { object: "response", created_at: Math.floor(Date.now() / 1000) };
    this.#tail = {
      background: false,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      max_tool_calls: null,
      metadata: body.metadata ?? {},
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: body.previous_response_id ?? null,
      prompt_cache_key: body.prompt_cache_key ?? null,
      reasoning: { effort: null, summary: null },
      safety_identifier: body.safety_identifier ?? null,
      service_tier: "default",
      store: kept,
      temperature: body.temperature ?? null,
      text: { format: text.type === "json_schema" ? { ...text, strict: text.strict ?? false } : text },
      tool_choice: body.tool_choice ?? "auto",
      tools: (body.tools ?? []).map((tool) => ({ ...tool, strict: tool.strict ?? false })),
      top_logprobs: 0,
      top_p: body.top_p ?? null,
      truncation: "disabled",
      user: body.user ?? null,
    };
  }

  get status(): Status {
    return this.#status;
  }

  get output(): readonly Item[] {
    return this.#output;
  }

  /** As OpenAI's `Response`. */
  body(): Record<string, unknown> {
    const { id } = this;
    return {
      id,
      ...this.#head,
      status: this.#status,
      completed_at: this.#completedAt,
      error: this.#error,
      incomplete_details:
        this.#status === "incomplete"
          ? { reason: this.#finish === "content_filter" ? "content_filter" : "max_output_tokens" }
          : null,
      model: this.#model,
      output: this.#output,
      usage: this.#usageBody(),
      ...this.#tail,
      ...(this.#told !== undefined && { tugboat: this.#told }),
    };
  }

  begin(): StreamEvent[] {
    return [this.#whole("response.created"), this.#whole("response.in_progress")];
  }

  /** Takes a chat's answer or the next chunk of one. */
  take({ choices, error, tugboat, usage }: ChatDocument): StreamEvent[] {
    if (usage) this.#usage = usage;
    if (tugboat !== undefined) this.#told = tugboat;
    if (error) {
      const code = error.type === "rate_limit_error" ? "rate_limit_exceeded" : "server_error";
      this.#error = { code, message: error.message };
    }
    const choice = choices?.[0];
    if (choice === undefined) return [];
    const said = choice.delta ?? choice.message;
    const events = [...this.#text(said?.content ?? said?.refusal ?? "")];
    for (const [at, call] of (said?.tool_calls ?? []).entries()) {
      const { arguments: more, name } = call.function ?? {};
      events.push(...this.#call(call.index ?? at, call.id ?? undefined, name ?? undefined, more ?? ""));
    }
    if (choice.finish_reason) this.#finish = choice.finish_reason;
    return events;
  }

  /** Closes what is open; the status is final from here. */
  close(): StreamEvent[] {
    const isCut = this.#finish === "length" || this.#finish === "content_filter";
    const ending = this.#error !== null || this.#finish === undefined || isCut ? "incomplete" : "completed";
    // A chat that ends without a word is an empty message.
    const events = this.#output.length === 0 && this.#error === null ? this.#openMessage() : [];
    events.push(...this.#closeItem(ending));
    if (this.#error === null && this.#finish === undefined) {
      this.#error = { code: "server_error", message: "The answer ended before it was complete." };
    }
    this.#status = this.#error !== null ? "failed" : isCut ? "incomplete" : "completed";
    if (this.#status === "completed") this.#completedAt = Math.floor(Date.now() / 1000);
    return events;
  }

  fail(message: string): void {
    this.#error = { code: "server_error", message };
    this.#status = "failed";
  }

  end(): StreamEvent[] {
    return [this.#whole(`response.${this.#status}`)];
  }

  #text(delta: string): StreamEvent[] {
    if (delta === "") return [];
    const events = this.#open?.item.type === "message" ? [] : [...this.#closeItem("completed"), ...this.#openMessage()];
    const open = this.#open;
    if (open === undefined) return events;
    open.text += delta;
    events.push(this.#event("response.output_text.delta", { ...place(open), content_index: 0, delta, logprobs: [] }));
    return events;
  }

  #openMessage(): StreamEvent[] {
    const item: Item = { type: "message", id: newId("msg"), status: "in_progress", role: "assistant", content: [] };
    const events = this.#openItem(item, undefined);
    const part = textPart("");
    events.push(
      this.#event("response.content_part.added", {
        item_id: item.id,
        output_index: this.#output.length - 1,
        content_index: 0,
        part,
      }),
    );
    return events;
  }

  #call(index: number, id: string | undefined, name: string | undefined, more: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#open?.toolIndex !== index) {
      events.push(...this.#closeItem("completed"));
      const item: FunctionCallItem = {
        type: "function_call",
        id: newId("fc"),
        status: "in_progress",
        call_id: id ?? newId("call"),
        name: name ?? "",
        arguments: "",
      };
      events.push(...this.#openItem(item, index));
    }
    const open = this.#open;
    if (open === undefined || more === "") return events;
    open.text += more;
    events.push(this.#event("response.function_call_arguments.delta", { ...place(open), delta: more }));
    return events;
  }

  #openItem(item: Item, toolIndex: number | undefined): StreamEvent[] {
    const index = this.#output.length;
    this.#output = [...this.#output, item];
    this.#open = { item, index, toolIndex, text: "" };
    return [this.#event("response.output_item.added", { output_index: index, item })];
  }

  #closeItem(status: "completed" | "incomplete"): StreamEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    this.#open = undefined;
    const { index, text } = open;
    const at = place(open);
    const events: StreamEvent[] = [];
    let item = open.item;
    if (item.type === "message") {
      const part = textPart(text);
      item = { ...item, status, content: [part] };
      events.push(this.#event("response.output_text.done", { ...at, content_index: 0, text, logprobs: [] }));
      events.push(this.#event("response.content_part.done", { ...at, content_index: 0, part }));
    } else if (item.type === "function_call") {
      item = { ...item, status, arguments: text };
      const { name } = item;
      events.push(this.#event("response.function_call_arguments.done", { ...at, name, arguments: text }));
    }
    this.#output = this.#output.with(index, item);
    events.push(this.#event("response.output_item.done", { output_index: index, item }));
    return events;
  }

  #usageBody(): object | null {
    const usage = this.#usage;
    if (!usage) return null;
    const input = usage.prompt_tokens ?? 0;
    const output = usage.completion_tokens ?? 0;
    return {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
      total_tokens: usage.total_tokens ?? input + output,
    };
  }

  #whole(type: string): StreamEvent {
    return this.#event(type, { response: this.body() });
  }

  #event(type: string, fields: object): StreamEvent {
    return { type, sequence_number: this.#sequence++, ...fields };
  }
}

function place({ index, item }: { readonly index: number; readonly item: Item }) {
  return { item_id: item.id, output_index: index };
}

function textPart(text: string): Part {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

/** Which of a response's items are asked for. */
const page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().max(128).optional(),
});

/**
 * One page of a response's input items.
 * @throws ApiError 400
 */
export function itemPage(items: readonly Item[], query: Readonly<Record<string, string>>) {
  const parsed = page.safeParse(query);
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0] ?? "limit");
    throw invalidRequest("invalid_value", `Invalid '${field}': limit is 1 to 100, order 'asc' or 'desc'.`, field);
  }
  const { after, limit, order } = parsed.data;
  const all = order === "asc" ? items : items.toReversed();
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const data = after !== undefined && from === 0 ? [] : all.slice(from, from + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: data.length > 0 && from + data.length < all.length,
  };
}
