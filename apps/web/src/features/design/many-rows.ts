import type { PageRequest, TablePage } from "../../ui/paged-table.tsx";
import { viewRows } from "../../ui/table-view.ts";

export interface SampleRequest {
  readonly id: string;
  readonly model: string;
  readonly tokens: number;
  readonly ttftMs: number;
  readonly outcome: string;
}

const models = ["tug-small", "tug-nano", "stories260K", "qwen3-0.6b"];
const outcomes = ["done", "done", "done", "length", "cancelled"];

/** The same numbers every time: a row is made from its own number. */
function sampleRequest(index: number): SampleRequest {
  let state = (index + 1) * 0x9e3779b1;
  const draw = (below: number) => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b);
    state ^= state >>> 13;
    return (state >>> 0) % below;
  };
  return {
    id: `req-${String(index + 1).padStart(6, "0")}`,
    model: models[draw(models.length)] ?? "",
    tokens: 1 + draw(900),
    ttftMs: 8 + draw(400),
    outcome: outcomes[draw(outcomes.length)] ?? "",
  };
}

export const sampleColumns = [
  { id: "id", value: (row: SampleRequest) => row.id },
  { id: "model", value: (row: SampleRequest) => row.model },
  { id: "tokens", value: (row: SampleRequest) => row.tokens },
  { id: "ttft", value: (row: SampleRequest) => row.ttftMs },
  { id: "outcome", value: (row: SampleRequest) => row.outcome },
] as const;

let all: readonly SampleRequest[] | undefined;
let lastView: { readonly key: string; readonly rows: readonly SampleRequest[] } | undefined;

/** Answers as a service would that holds 100,000 rows: by the page, sorted and filtered. */
export async function loadSamples({ filter, limit, offset, order }: PageRequest): Promise<TablePage<SampleRequest>> {
  all ??= Array.from({ length: 100_000 }, (_, index) => sampleRequest(index));
  const key = JSON.stringify([filter, order]);
  if (lastView?.key !== key) lastView = { key, rows: viewRows(all, sampleColumns, filter, order) };
  const { rows } = lastView;
  return { rows: rows.slice(offset, offset + limit), count: rows.length, total: all.length };
}
