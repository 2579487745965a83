"use client";

import { AddBySource } from "./add-by-source.tsx";

export interface AddFromHubProps {
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

export function AddFromHub(props: AddFromHubProps) {
  return (
    <AddBySource
      {...props}
      label="Hub id"
      hint="owner/name, owner/name@revision, or owner/name/file.gguf of a repository with several."
      placeholder="Qwen/Qwen3-0.6B-GGUF"
      missing="Say which model of the hub."
    />
  );
}
