"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp, Library, Search } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { formatCount, plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { base64Of } from "./base64.ts";

export function DocumentsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.documents.collections.queryOptions(undefined, { refetchInterval: 3000 }));
  const [chosen, setChosen] = useState<string>();
  const collections = list.data?.collections;
  const shown = collections?.find(({ name }) => name === chosen) ?? collections?.[0];
  const refusal = list.error ? problemOf(list.error) : undefined;
  const passages = collections?.reduce((sum, one) => sum + one.passages, 0) ?? 0;
  const answer =
    collections === undefined
      ? "Documents"
      : collections.length === 0
        ? "There are no documents yet"
        : `${formatCount(passages)} passages in ${plural(collections.length, "collection")}`;
  return (
    <Page
      name="Documents"
      answer={answer}
      note="What flows search and cite: Markdown and plain text, cut into passages, found by words and by meaning."
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_320px]">
        <div className="grid min-w-0 gap-6">
          {shown ? (
            <>
              <SearchPanel collection={shown.name} hasModel={shown.model !== null} />
              <Contents collection={shown.name} />
            </>
          ) : collections === undefined ? null : (
            <EmptyState icon={Library} title="Bring what answers should rest on">
              Make a collection at the side and put files into it, or in a terminal:{" "}
              <code className="font-mono text-xs">npx tug docs push docs --collection handbook --model tug-small</code>
            </EmptyState>
          )}
        </div>
        <div className="grid min-w-0 gap-6">
          {collections && collections.length > 0 ? (
            <Panel title="Collections" padded={false}>
              <ul className="divide-y divide-line">
                {collections.map(({ documents, embedded, model, name, passages: count }) => (
                  <li key={name}>
                    <button
                      type="button"
                      aria-current={name === shown?.name ? "true" : undefined}
                      className="focus-ring grid w-full cursor-pointer px-4 py-2 text-left hover:bg-hover aria-[current]:bg-hover"
                      onClick={() => setChosen(name)}
                    >
                      <span className="truncate font-medium">{name}</span>
                      <span className="text-2xs text-ink-3">
                        {plural(documents, "document")},{" "}
                        {model === null
                          ? "by words alone"
                          : embedded < count
                            ? `${embedded} of ${count} vectors`
                            : `${count} vectors by ${model}`}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            </Panel>
          ) : null}
          {may("documents:write") ? <AddPanel into={shown?.name} onAdded={setChosen} /> : null}
        </div>
      </div>
    </Page>
  );
}

function SearchPanel({ collection, hasModel }: { readonly collection: string; readonly hasModel: boolean }) {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const [by, setBy] = useState<"hybrid" | "words" | "meaning">("hybrid");
  const [query, setQuery] = useState("");
  const how = hasModel ? by : "words";
  const found = useQuery(
    trpc.documents.search.queryOptions({ collection, query, by: how, top: 5 }, { enabled: query !== "" }),
  );
  const refusal = found.error ? problemOf(found.error) : undefined;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setQuery(typed.trim());
  }
  return (
    <Panel title="Search" note={found.data ? `${Math.round(found.data.ms)} ms` : undefined}>
      <div className="grid gap-4">
        <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
          <Field label="What do you look for" className="min-w-0 grow">
            {(control) => (
              <Input {...control} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
            )}
          </Field>
          {hasModel ? (
            <Field label="By">
              {(control) => (
                <Select
                  {...control}
                  value={by}
                  onChange={({ currentTarget: { value } }) =>
                    setBy(value === "words" || value === "meaning" ? value : "hybrid")
                  }
                >
                  <option value="hybrid">both</option>
                  <option value="words">words</option>
                  <option value="meaning">meaning</option>
                </Select>
              )}
            </Field>
          ) : null}
          <Button type="submit" kind="primary">
            <Search /> Search
          </Button>
        </form>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {found.data?.passages.length === 0 ? <p className="text-ink-2">Nothing of it is in {collection}.</p> : null}
        {found.data && found.data.passages.length > 0 ? (
          <ol aria-label="Passages" className="grid gap-4">
            {found.data.passages.map(({ heading, source, text }) => (
              <li key={source} className="grid gap-1">
                <p className="flex flex-wrap items-baseline justify-between gap-x-3">
                  <span className="font-medium">{source}</span>
                  <span className="text-2xs text-ink-3">{heading}</span>
                </p>
                <p className="line-clamp-4 whitespace-pre-wrap break-words text-ink-2">{text}</p>
              </li>
            ))}
          </ol>
        ) : null}
      </div>
    </Panel>
  );
}

function Contents({ collection }: { readonly collection: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const list = useQuery(trpc.documents.list.queryOptions({ collection }));
  const [removing, setRemoving] = useState<string>();
  const remove = useMutation(
    trpc.documents.remove.mutationOptions({
      onSuccess: () => setRemoving(undefined),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.documents.pathKey() }),
    }),
  );
  const documents = list.data?.documents ?? [];
  return (
    <Panel title="Documents" padded={false}>
      {removing === undefined ? null : (
        <ConfirmByName
          name={removing}
          title={`Remove ${removing}?`}
          description={`Flows that search ${collection} find nothing of it any more. Put the file in again to have it back.`}
          action="Remove"
          pending={remove.isPending}
          refusal={remove.error ? problemOf(remove.error) : undefined}
          onConfirm={() => remove.mutate({ collection, document: removing })}
          onClose={() => setRemoving(undefined)}
        />
      )}
      {documents.length === 0 ? (
        <p className="p-4 text-ink-2">{collection} is empty.</p>
      ) : (
        <ul className="divide-y divide-line">
          {documents.map(({ name, passages }) => (
            <li key={name} className="flex items-center justify-between gap-3 px-4 py-1.5">
              <span className="min-w-0 truncate">{name}</span>
              <span className="flex shrink-0 items-center gap-3 text-ink-3 text-xs tabular-nums">
                {plural(passages, "passage")}
                {may("documents:write") ? (
                  <Button size="sm" kind="quiet" aria-label={`Remove ${name}`} onClick={() => setRemoving(name)}>
                    Remove
                  </Button>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Bytes that go in one call. */
const mostBytes = 5_000_000;

function AddPanel({ into, onAdded }: { readonly into: string | undefined; readonly onAdded: (name: string) => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const chooser = useId();
  const [name, setName] = useState("");
  const [model, setModel] = useState("");
  const models = useQuery(trpc.models.list.queryOptions());
  const settled = { onSettled: () => client.invalidateQueries({ queryKey: trpc.documents.pathKey() }) };
  const create = useMutation(
    trpc.documents.create.mutationOptions({
      ...settled,
      onSuccess: ({ name: made }) => {
        setName("");
        onAdded(made);
      },
    }),
  );
  const push = useMutation(
    trpc.documents.push.mutationOptions({
      ...settled,
      onSuccess: ({ added, changed, same }) =>
        toast({ tone: "good", text: `${added} added, ${changed} changed, ${same} as they were.` }),
    }),
  );
  const [tooLarge, setTooLarge] = useState<string>();
  const error = create.error ?? push.error;
  const refusal = error ? problemOf(error) : undefined;
  async function send(files: FileList | null) {
    if (files === null || files.length === 0 || into === undefined) return;
    setTooLarge(undefined);
    const chosen = [...files];
    const large = chosen.find(({ size }) => size > mostBytes);
    if (large) return setTooLarge(`${large.name} has more than 5 MB: split it into parts.`);
    for (const file of chosen) {
      const documents = [{ name: file.name, base64: base64Of(new Uint8Array(await file.arrayBuffer())) }];
      await push.mutateAsync({ collection: into, documents }).catch(() => undefined);
    }
  }
  return (
    <Panel title="Add">
      <div className="grid gap-4">
        {into === undefined ? null : (
          <div>
            <label
              htmlFor={chooser}
              className="field-frame inline-flex cursor-pointer items-center gap-2 px-3 py-1.5 focus-within:outline"
            >
              <FileUp aria-hidden className="size-4" /> Put files into {into}
            </label>
            <input
              id={chooser}
              type="file"
              multiple
              accept=".md,.mdx,.markdown,.txt,.text,.rst,.adoc,.org"
              className="sr-only"
              onChange={(event) => {
                void send(event.currentTarget.files);
              }}
            />
          </div>
        )}
        {tooLarge ? <Notice tone="bad">{tooLarge}</Notice> : null}
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({ name: name.trim(), model: model === "" ? null : model });
          }}
        >
          <Field label="New collection">
            {(control) => (
              <Input
                {...control}
                placeholder="handbook"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Vectors by" hint="A model finds passages by meaning too.">
            {(control) => (
              <Select {...control} value={model} onChange={(event) => setModel(event.currentTarget.value)}>
                <option value="">none: words alone</option>
                {(models.data?.models ?? []).map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <div>
            <Button type="submit" disabled={create.isPending || name.trim() === ""}>
              Make collection
            </Button>
          </div>
        </form>
      </div>
    </Panel>
  );
}
