"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { useCallback, useMemo } from "react";
import { RequestError } from "../../service/request.ts";
import { problemOf, useTRPC } from "../../service/trpc.tsx";
import type { BrowserChoice } from "../model-select.tsx";

export interface BrowserModels {
  /** Those that a browser can run by itself. */
  readonly choices: readonly BrowserChoice[];
  /** Names by digest. */
  readonly names: ReadonlyMap<string, string>;
  /**
   * The choices, waited for where the page is new.
   * @throws RequestError when they can't be had
   */
  readonly known: () => Promise<readonly BrowserChoice[]>;
}

const freshMs = 30_000;

export function useBrowserModels(): BrowserModels {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { data } = useQuery(trpc.playground.browserModels.queryOptions(undefined, { staleTime: freshMs }));
  const known = useCallback(async () => {
    const asked = trpc.playground.browserModels.queryOptions(undefined, { staleTime: freshMs });
    return choicesOf(await client.fetchQuery(asked).catch((cause: unknown) => refuse(cause)));
  }, [client, trpc]);
  return useMemo(() => {
    const choices = choicesOf(data);
    return { choices, names: new Map(choices.map(({ name, sha256 }) => [sha256, name])), known };
  }, [data, known]);
}

type Answer = inferRouterOutputs<AppRouter>["playground"]["browserModels"];

function choicesOf(answer: Answer | undefined): readonly BrowserChoice[] {
  return (answer?.models ?? []).flatMap(({ name, file }) => (file ? [{ name, ...file }] : []));
}

function refuse(cause: unknown): never {
  throw new RequestError(0, problemOf(cause));
}
