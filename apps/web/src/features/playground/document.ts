import { z } from "zod";
import { emptyCandidate, emptyConversation } from "./conversation.ts";
import { type Answer, type Conversation, defaultParameters, mostColumns, type Parameters } from "./types.ts";

const text = z.string().max(1_000_000);
const between = (min: number, max: number) => z.number().min(min).max(max).optional().catch(undefined);

const parameters = z.object({
  temperature: between(0, 2),
  topP: between(0, 1),
  maxTokens: z.int().min(1).max(1_000_000).optional().catch(undefined),
  seed: z.int().min(0).max(4_294_967_295).optional().catch(undefined),
  frequencyPenalty: between(-2, 2),
  presencePenalty: between(-2, 2),
  stop: z.array(z.string().min(1).max(1000)).max(16).optional().catch(undefined),
  logprobs: z.boolean().optional().catch(undefined),
  format: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({ type: z.literal("json_schema"), schema: text }),
    ])
    .optional()
    .catch(undefined),
});

const answer = z.object({ text, seed: z.number().catch(0), asked: z.string().max(20).optional() });

const column = z.object({
  model: z.string().max(512).default(""),
  place: z.enum(["service", "browser"]).default("service").catch("service"),
  device: z.enum(["auto", "webgpu", "cpu"]).default("auto").catch("auto"),
  parameters: parameters.default({}),
  /** One for each turn; null where there is none. */
  answers: z.array(answer.nullable()).max(1000).default([]),
});

/** The playground as it is kept and shared: what differs from the defaults, and no secret. */
const document = z.object({
  v: z.literal(1),
  system: text.default(""),
  variables: z.record(z.string().max(64), text).default({}),
  turns: z
    .array(z.object({ user: text, example: text.optional() }))
    .max(1000)
    .default([]),
  draft: text.default(""),
  columns: z.array(column).min(1).max(mostColumns),
});

export type PlaygroundDocument = z.input<typeof document>;

export function toDocument(state: Conversation, withAnswers: boolean): PlaygroundDocument {
  const { system, draft, turns, variables } = state;
  return {
    v: 1,
    ...(system && { system }),
    ...(Object.keys(variables).length > 0 && { variables: { ...variables } }),
    ...(turns.length > 0 && {
      turns: turns.map(({ user, example }) => ({ user, ...(example !== undefined && { example }) })),
    }),
    ...(draft && { draft }),
    columns: state.candidates.map(({ model, place, device, parameters: all, answers }) => {
      const changed = changedOf(all);
      const said = withAnswers ? turns.map(({ id }) => kept(answers[id])) : [];
      return {
        ...(model && { model }),
        ...(place !== "service" && { place }),
        ...(device !== "auto" && { device }),
        ...(Object.keys(changed).length > 0 && { parameters: changed }),
        ...(said.some((one) => one !== null) && { answers: said }),
      };
    }),
  };
}

/** @returns undefined for what is no playground */
export function fromDocument(value: unknown): Conversation | undefined {
  const parsed = document.safeParse(value);
  if (!parsed.success) return undefined;
  const { system, variables, draft, columns } = parsed.data;
  const turns = parsed.data.turns.map((turn, at) => ({ ...turn, id: `t${at}` }));
  return {
    system,
    variables,
    draft,
    turns,
    candidates: columns.map(({ answers, parameters: changed, ...rest }, at) => ({
      ...emptyCandidate(String(at + 1)),
      ...rest,
      parameters: withDefaults(changed),
      answers: Object.fromEntries(
        turns.flatMap(({ id }, turn): [string, Answer][] => {
          const found = answers[turn];
          return found ? [[id, { status: "done", ...found }]] : [];
        }),
      ),
    })),
  };
}

/** Whether there is anything in it that a person would miss. */
export function isEmpty(state: Conversation): boolean {
  return JSON.stringify(toDocument(state, true)) === JSON.stringify(toDocument(emptyConversation(), true));
}

function kept(found: Answer | undefined) {
  const ended = found?.status === "done" || found?.status === "stopped";
  if (!found?.text || !ended) return null;
  return { text: found.text, seed: found.seed, ...(found.asked !== undefined && { asked: found.asked }) };
}

function changedOf(all: Parameters): z.input<typeof parameters> {
  const { stop, format, ...plain } = all;
  const defaults: Readonly<Record<string, unknown>> = { ...defaultParameters };
  return {
    ...Object.fromEntries(
      Object.entries(plain).filter(([name, value]) => value !== undefined && value !== defaults[name]),
    ),
    ...(stop.length > 0 && { stop: [...stop] }),
    ...(format.type !== "text" && { format }),
  };
}

function withDefaults(changed: z.output<typeof parameters>): Parameters {
  const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  return { ...defaultParameters, ...given };
}
