"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { addressOf, type Step, type StepId, stepCalled, stepsFor } from "./steps.ts";

export interface TourState {
  /** How far it is: `new` was never seen, `later` was put off. Undefined until the service has said. */
  readonly state: "new" | "open" | "later" | "done" | undefined;
  readonly step: Step | undefined;
  readonly at: number;
  readonly of: number;
  /** Whether the page of the step is on screen. */
  readonly here: boolean;
  readonly go: (id: StepId) => void;
  readonly next: () => void;
  readonly back: (() => void) | undefined;
  readonly later: () => void;
  readonly finish: () => void;
  /** From its first step, or from where it was put off. */
  readonly start: () => void;
}

/** The tour of whoever is signed in, as the service remembers it for them. */
export function useTour(): TourState {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const path = usePathname();
  const { may } = useSession();
  const { data } = useQuery(trpc.session.preferences.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }));
  const { mutate } = useMutation(trpc.session.prefer.mutationOptions());
  const all = stepsFor(may);
  const remembered = data?.tour ?? undefined;
  const step = stepCalled(all, remembered?.step);
  const at = step ? all.indexOf(step) : 0;

  function remember(id: StepId, state: "open" | "later" | "done"): void {
    const tour = { step: id, state };
    // At once on every part of the page; a refusal only means that it begins again another time.
    client.setQueryData(trpc.session.preferences.queryKey(), (before) => ({ ...before, tour }));
    mutate({ tour });
  }
  function go(id: StepId): void {
    const wanted = all.find((one) => one.id === id);
    if (!wanted) return;
    remember(id, "open");
    if (path !== wanted.path) router.push(addressOf(wanted));
  }
  const before = all[at - 1];
  const after = all[at + 1];
  const finish = () => step && remember(step.id, "done");
  return {
    state: data ? (remembered?.state ?? "new") : undefined,
    step,
    at,
    of: all.length,
    here: step !== undefined && path === step.path,
    go,
    next: () => (after ? go(after.id) : finish()),
    back: before ? () => go(before.id) : undefined,
    later: () => step && remember(step.id, "later"),
    finish,
    start: () => {
      const first = remembered?.state === "later" ? step : all[0];
      if (first) go(first.id);
    },
  };
}
