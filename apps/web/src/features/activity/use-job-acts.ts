"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** Cancels a job, or runs it once more; what is refused is said. */
export function useJobActs() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const onError = (cause: unknown) => {
    const { hint, message } = problemOf(cause);
    toast({ tone: "bad", text: message, hint });
  };
  const onSettled = () => queries.invalidateQueries({ queryKey: trpc.jobs.pathKey() });
  const cancel = useMutation(trpc.jobs.cancel.mutationOptions({ onError, onSettled }));
  const retry = useMutation(trpc.jobs.retry.mutationOptions({ onError, onSettled }));
  return { cancel: (id: string) => cancel.mutate({ id }), retry: (id: string) => retry.mutate({ id }) };
}
