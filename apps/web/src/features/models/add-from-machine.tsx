"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { SourceForm } from "./source-form.tsx";

export interface AddFromMachineProps {
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

/** Adds a file or folder where it is. */
export function AddFromMachine({ taken, onClose }: AddFromMachineProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const add = useMutation(
    trpc.models.add.mutationOptions({
      onSuccess: (model) => {
        void queries.invalidateQueries({ queryKey: trpc.models.list.queryKey() });
        toast({ tone: "good", text: `Added ${model.name}.`, hint: "It answers the API under its name." });
        onClose();
        router.push(`/models/${encodeURIComponent(model.name)}`);
      },
    }),
  );
  return (
    <SourceForm
      taken={taken}
      onClose={onClose}
      label="File or folder on the service's machine"
      hint="A .gguf file, or a Hugging Face folder with config.json, tokenizer.json and safetensors. It stays where it is."
      placeholder="/models/qwen3-0.6b-q8_0.gguf"
      missing="Say which file or folder."
      act={add.isPending ? "Reading and digesting" : "Add the model"}
      busy={add.isPending}
      refusal={add.error ? problemOf(add.error) : undefined}
      onSubmit={add.mutate}
    />
  );
}
