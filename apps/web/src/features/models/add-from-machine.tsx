"use client";

import { AddBySource } from "./add-by-source.tsx";

export interface AddFromMachineProps {
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

export function AddFromMachine(props: AddFromMachineProps) {
  return (
    <AddBySource
      {...props}
      label="File or folder on the service's machine"
      hint="A .gguf file, or a Hugging Face folder with config.json, tokenizer.json and safetensors. It stays where it is."
      placeholder="/models/qwen3-0.6b-q8_0.gguf"
      missing="Say which file or folder."
    />
  );
}
