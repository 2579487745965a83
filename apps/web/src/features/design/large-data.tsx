"use client";

import type { Column } from "../../ui/data-table.tsx";
import { PagedTable } from "../../ui/paged-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { TextDiff } from "../../ui/text-diff.tsx";
import { loadSamples, type SampleRequest } from "./many-rows.ts";

const columns: readonly Column<SampleRequest>[] = [
  { id: "id", header: "Request", value: (row) => row.id },
  { id: "model", header: "Model", value: (row) => row.model },
  { id: "tokens", header: "Tokens", numeric: true, value: (row) => row.tokens },
  {
    id: "ttft",
    header: "TTFT",
    numeric: true,
    value: (row) => row.ttftMs,
    cell: (row) => (
      <>
        {row.ttftMs} <span className="text-ink-3">ms</span>
      </>
    ),
  },
  { id: "outcome", header: "Outcome", value: (row) => row.outcome, optional: true },
];

const before = `You sort customers' messages.
Answer with one word: billing, bug or other.
If you are not sure, say other.
`;
const after = `You sort customers' messages for the support team.
Answer with one word: billing, bug, how-to or other.
If you are not sure, say so.
`;

export function LargeData() {
  return (
    <>
      <Panel title="A table of 100,000 rows" note="asked for by the page; only those in sight are drawn" padded={false}>
        <PagedTable
          label="Requests"
          columns={columns}
          rowKey={(row) => row.id}
          empty={null}
          queryKey={["design", "requests"]}
          load={loadSamples}
        />
      </Panel>
      <Panel title="Difference of two texts" note="signs, words and colour say the same" padded={false}>
        <TextDiff before={before} after={after} label="Prompt, version 3 and 4" />
      </Panel>
    </>
  );
}
