import { crc32 } from "node:zlib";
import { type UsageEvent, usageStatuses } from "@tugboat/db";
import { z } from "zod";
import { timeOfRequestId } from "./request-id.ts";

const count = z.int().min(0).max(2_147_483_647);
const micros = z.int().min(0).nullable();

const Line = z.object({
  id: z.uuidv7(),
  organizationId: z.uuid(),
  projectId: z.uuid().nullable(),
  apiKeyId: z.uuid().nullable(),
  userId: z.uuid().nullable(),
  // Lines of earlier versions have none.
  taskId: z.uuid().nullable().default(null),
  requestId: z.string().max(200),
  kind: z.string().min(1).max(40),
  model: z.string().max(300),
  target: z.string().max(300),
  status: z.enum(usageStatuses),
  inputTokens: count,
  cachedTokens: count,
  outputTokens: count,
  estimated: z.boolean(),
  ttftUs: micros,
  itlUs: micros,
  queueUs: micros,
  computeUs: micros,
  durationUs: z.int().min(0),
  priceBookId: z.uuid().nullable(),
  amountPicoUsd: z
    .string()
    .regex(/^\d{1,19}$/)
    .transform(BigInt),
});

/** An event as a line of the journal: CRC-32 in hexadecimal, a space, JSON. */
export function encodeLine({ at: _, ...event }: UsageEvent): string {
  const json = JSON.stringify({ ...event, amountPicoUsd: event.amountPicoUsd.toString() });
  return `${checksum(json)} ${json}\n`;
}

/** @returns undefined for a line that was not written whole, or is damaged */
export function decodeLine(line: string): UsageEvent | undefined {
  const json = line.slice(9);
  if (line[8] !== " " || line.slice(0, 8) !== checksum(json)) return undefined;
  const parsed = Line.safeParse(JSON.parse(json));
  return parsed.success ? { ...parsed.data, at: timeOfRequestId(parsed.data.id) } : undefined;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
