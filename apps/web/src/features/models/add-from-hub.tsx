"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { SourceForm } from "./source-form.tsx";

export interface AddFromHubProps {
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

/** Begins a download in the background; the page shows how far it is. */
export function AddFromHub({ taken, onClose }: AddFromHubProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const download = useMutation(
    trpc.models.download.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.jobs.list.pathKey() });
        toast({ tone: "good", text: "The download has begun.", hint: "It goes on in the background." });
        onClose();
      },
    }),
  );
  return (
    <SourceForm
      taken={taken}
      onClose={onClose}
      label="Hub id"
      hint="owner/name, owner/name@revision, or owner/name/file.gguf of a repository with several."
      placeholder="Qwen/Qwen3-0.6B-GGUF"
      missing="Say which model of the hub."
      act={download.isPending ? "Beginning" : "Download"}
      busy={download.isPending}
      refusal={download.error ? problemOf(download.error) : undefined}
      onSubmit={download.mutate}
    />
  );
}
