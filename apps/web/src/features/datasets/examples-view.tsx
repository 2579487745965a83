"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC, useTRPCClient } from "../service/trpc.tsx";
import { ExampleDialog } from "./example-dialog.tsx";
import { ExampleRows } from "./example-rows.tsx";
import type { DatasetDetail, Example, Version } from "./types.ts";

const pageRows = 200;

export interface ExamplesViewProps {
  readonly dataset: DatasetDetail;
  readonly version: Version;
  readonly isLatest: boolean;
}

/** A version's examples: searched and filtered by the service, fetched as one scrolls, however many there are. */
export function ExamplesView({ dataset, isLatest, version }: ExamplesViewProps) {
  const trpc = useTRPC();
  const service = useTRPCClient();
  const { may } = useSession();
  const [text, setText] = useState("");
  const [split, setSplit] = useState("");
  const [tag, setTag] = useState("");
  const [from, setFrom] = useState("");
  const [opened, setOpened] = useState<Example | "new">();
  const wanted = useDeferredValue(text.trim());
  const filter = {
    dataset: dataset.id,
    version: version.number,
    ...(wanted !== "" && { text: wanted }),
    ...(isSplit(split) && { split }),
    ...(tag !== "" && { tag }),
  };
  const isFiltered = wanted !== "" || split !== "" || tag !== "";
  const first = Math.max(0, (Number.parseInt(from, 10) || 1) - 1);
  const pages = useInfiniteQuery({
    queryKey: [...trpc.datasets.rows.pathKey(), filter, first],
    queryFn: ({ pageParam, signal }) =>
      service.datasets.rows.query({ ...filter, after: pageParam, limit: pageRows }, { signal }),
    initialPageParam: first,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const count = useQuery(trpc.datasets.count.queryOptions(filter, { enabled: isFiltered }));
  const examples = pages.data?.pages.flatMap((page) => page.examples) ?? [];
  const refusal = pages.error ? problemOf(pages.error) : undefined;
  const total = isFiltered ? count.data?.count : version.rows;
  const tags = Object.entries(version.tags).sort((a, b) => b[1] - a[1]);
  const write = isLatest && may("datasets:write");
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-2 p-3">
        <Input
          type="search"
          aria-label="Search the examples"
          placeholder="Search what they say"
          className="max-w-64 grow"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select aria-label="Split" value={split} onChange={(event) => setSplit(event.currentTarget.value)}>
          <option value="">every split</option>
          <option value="train">train</option>
          <option value="validation">validation</option>
          <option value="test">test</option>
          <option value="none">in no split</option>
        </Select>
        {tags.length > 0 ? (
          <Select aria-label="Tag" value={tag} onChange={(event) => setTag(event.currentTarget.value)}>
            <option value="">every tag</option>
            {tags.map(([name, tagged]) => (
              <option key={name} value={name}>
                {name} ({tagged.toLocaleString("en")})
              </option>
            ))}
          </Select>
        ) : null}
        <Input
          aria-label="Go to row"
          placeholder="row"
          inputMode="numeric"
          className="max-w-20"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value.replaceAll(/\D/g, ""))}
        />
        <span className="ml-auto text-ink-3 text-xs tabular-nums" role="status">
          {total === undefined ? "counting…" : plural(total, "example")}
        </span>
        {write ? (
          <Button size="sm" onClick={() => setOpened("new")}>
            <Plus /> Add
          </Button>
        ) : null}
      </div>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint} className="mx-3 mb-3">
          {refusal.message}
        </Notice>
      ) : null}
      {pages.data && examples.length === 0 ? (
        <p className="border-line border-t px-4 py-10 text-center text-ink-2">
          {isFiltered ? "No example is like that." : "There are no rows from there on."}
        </p>
      ) : (
        <ExampleRows
          examples={examples}
          isLoading={pages.isPending}
          onOpen={setOpened}
          onEnd={() => {
            if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
          }}
        />
      )}
      {opened ? (
        <ExampleDialog
          dataset={dataset}
          version={version}
          example={opened === "new" ? undefined : opened}
          model={examples[0]}
          mayEdit={write}
          onClose={() => setOpened(undefined)}
        />
      ) : null}
    </div>
  );
}

function isSplit(text: string): text is "train" | "validation" | "test" | "none" {
  return ["train", "validation", "test", "none"].includes(text);
}
