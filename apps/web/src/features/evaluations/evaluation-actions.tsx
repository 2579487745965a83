"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { EvaluationDetail } from "./types.ts";
import { isUnderWay } from "./words.ts";

/** What comes next: stop it, or let people judge. */
export function Actions({ found }: { readonly found: EvaluationDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const onError = (error: unknown) => toast({ tone: "bad", text: problemOf(error).message });
  const cancel = useMutation(
    trpc.evaluations.cancel.mutationOptions({
      onError,
      onSettled: () => client.invalidateQueries({ queryKey: trpc.evaluations.pathKey() }),
    }),
  );
  const review = useMutation(
    trpc.reviews.create.mutationOptions({ onError, onSuccess: ({ queue }) => router.push(`/reviews/${queue}`) }),
  );
  if (isUnderWay(found)) {
    return (
      <Button disabled={cancel.isPending} onClick={() => cancel.mutate({ id: found.id })}>
        Stop
      </Button>
    );
  }
  if (!found.summary) return null;
  const begin = (kind: "pairs" | "rating") =>
    review.mutate({ evaluation: found.id, kind, name: `${found.name}`.slice(0, 100) });
  return (
    <>
      {found.candidates.length > 1 ? (
        <Button disabled={review.isPending} onClick={() => begin("pairs")}>
          Review blind pairs
        </Button>
      ) : null}
      <Button disabled={review.isPending} onClick={() => begin("rating")}>
        Rate answers
      </Button>
    </>
  );
}
