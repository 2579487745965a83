import type { KeptTrace, SpanAttributes, SpanInfo } from "@tugboat/db";
import { z } from "zod";
import { version } from "../../env.ts";
import { ownService } from "./kept.ts";

// The JSON form of OTLP's protobuf messages (opentelemetry-proto, trace/v1): ids in hexadecimal, 64-bit integers as text.

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

/** A batch of traces as a collector takes it. Bodies are not sent: they are kept here, under their project's policy. */
export function exportRequest(traces: readonly KeptTrace[]) {
  return {
    resourceSpans: [
      {
        resource: {
          attributes: attributesOf({ "service.name": ownService, "service.version": version }),
        },
        scopeSpans: [
          {
            scope: { name: ownService, version },
            spans: traces.flatMap(({ spans, trace }) =>
              spans.map((span, index) => ({
                traceId: span.traceHex,
                spanId: span.spanId,
                ...(span.parentId !== null && { parentSpanId: span.parentId }),
                name: span.name,
                // The request itself is served; its steps are internal, but for those that ask somebody else.
                kind: index === 0 ? 2 : span.name === "upstream" ? 3 : 1,
                startTimeUnixNano: String(beginNanos(span)),
                endTimeUnixNano: String(beginNanos(span) + BigInt(span.durationUs) * 1000n),
                attributes: attributesOf({
                  ...span.attributes,
                  ...(index === 0 && { "tugboat.request_id": trace.requestId }),
                }),
                status: span.failed ? { code: 2 } : {},
              })),
            ),
          },
        ],
      },
    ],
  };
}

function beginNanos({ at, atUs }: SpanInfo): bigint {
  return BigInt(at.getTime()) * 1_000_000n + BigInt(atUs) * 1000n;
}

function attributesOf(attributes: SpanAttributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: SpanAttributes[string]): AnyValue {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}

const value: z.ZodType<SpanAttributes[string] | undefined> = z.lazy(() =>
  z.union([
    z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue.slice(0, 4000)),
    z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
    z.object({ intValue: z.union([z.string(), z.number()]) }).transform(({ intValue }) => Number(intValue)),
    z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
    z
      .object({ arrayValue: z.object({ values: z.array(value).max(1000).optional() }) })
      .transform(({ arrayValue }) =>
        (arrayValue.values ?? []).filter((one) => typeof one === "string" || typeof one === "number"),
      ),
    z.unknown().transform(() => undefined),
  ]),
);
const attribute = z.object({ key: z.string().max(300), value: value.optional() });
const nanos = z.union([z.string().regex(/^\d{1,20}$/), z.number()]).transform((text) => BigInt(text));
const hex = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${length}}$`), `It must be ${length} hexadecimal digits.`)
    .transform((text) => text.toLowerCase());
const span = z.object({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: z.union([z.literal("").transform(() => null), hex(16)]).nullish(),
  name: z.string().max(1000),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes: z.array(attribute).max(200).default([]),
  status: z.object({ code: z.union([z.number(), z.string()]).optional() }).optional(),
});

/** What an application sends of its own spans, in OTLP's JSON. */
export const otlpRequest = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes: z.array(attribute).max(200).default([]) }).optional(),
        scopeSpans: z
          .array(z.object({ spans: z.array(span).max(2000).default([]) }))
          .max(100)
          .default([]),
      }),
    )
    .max(100)
    .default([]),
});

const dayMs = 86_400_000;

/** Its spans as they are kept. Those of moments that can't be meant are left out. */
export function receivedSpans(request: z.output<typeof otlpRequest>, now: number) {
  const all = request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const named = resource?.attributes.find(({ key }) => key === "service.name")?.value;
    const service = typeof named === "string" && named !== "" ? named.slice(0, 200) : "application";
    return scopeSpans.flatMap(({ spans }) => spans.map((one) => received(one, service)));
  });
  const spans = all.filter(({ at }) => at.getTime() > now - dayMs && at.getTime() < now + dayMs / 24);
  return { spans, rejected: all.length - spans.length };
}

function received(one: z.output<typeof span>, service: string): SpanInfo {
  const us = one.startTimeUnixNano / 1000n;
  const durationUs = (one.endTimeUnixNano - one.startTimeUnixNano) / 1000n;
  const attributes = one.attributes.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value] as const]));
  return {
    traceHex: one.traceId,
    spanId: one.spanId,
    parentId: one.parentSpanId ?? null,
    at: new Date(Number(us / 1000n)),
    atUs: Number(us % 1000n),
    durationUs: Number(durationUs < 0n ? 0n : durationUs > 86_400_000_000n ? 86_400_000_000n : durationUs),
    name: one.name.slice(0, 250),
    service,
    failed: one.status?.code === 2 || one.status?.code === "STATUS_CODE_ERROR",
    attributes: Object.fromEntries(attributes),
  };
}
