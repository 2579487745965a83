"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { forgetUpload, subscribeUpload, type UploadState, uploadBecame, uploadState } from "./upload-file.ts";

/** The file that is on its way, wherever in the console one is. */
export function useUpload(): UploadState | undefined {
  return useSyncExternalStore(subscribeUpload, uploadState, () => undefined);
}

/** Makes a file a model once all of it is here. Mounted once, so that it happens on whichever page one is. */
export function UploadToModel() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { id, name, phase, sha256 } = useUpload() ?? {};
  const { mutate } = useMutation(
    trpc.uploads.add.mutationOptions({
      onMutate: () => uploadBecame({ phase: "adding" }),
      onSuccess: (model) => {
        uploadBecame({ phase: "added", name: model.name });
        toast({ tone: "good", text: `Added ${model.name}.`, hint: "It answers the API under this name." });
      },
      onError: (error) => uploadBecame({ phase: "refused", problem: problemOf(error) }),
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.models.list.queryKey() });
        void queries.invalidateQueries({ queryKey: trpc.uploads.list.queryKey() });
      },
    }),
  );
  useEffect(() => {
    if (phase === "here" && id !== undefined) mutate({ id, ...(name && { name }), ...(sha256 && { sha256 }) });
  }, [phase, id, name, sha256, mutate]);
  return null;
}

/** Gives a file up, here and at the service. */
export function useDiscardUpload(): () => void {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { mutate } = useMutation(
    trpc.uploads.discard.mutationOptions({
      onSettled: () => void queries.invalidateQueries({ queryKey: trpc.uploads.list.queryKey() }),
    }),
  );
  return () => {
    const id = uploadState()?.id;
    forgetUpload();
    if (id !== undefined) mutate({ id });
  };
}
