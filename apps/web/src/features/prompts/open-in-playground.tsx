"use client";

import { useRouter } from "next/navigation";
import { Button } from "../../ui/button.tsx";
import { pack } from "../playground/packing.ts";
import type { Content } from "./types.ts";

/** The version in the playground, to be tried with its variables and changed. */
export function OpenInPlayground({ content }: { readonly content: Content }) {
  const router = useRouter();
  async function open() {
    router.push(`/playground#p=${await pack(documentOf(content))}`);
  }
  return <Button onClick={() => void open()}>Open in playground</Button>;
}

/** As the playground keeps itself. */
function documentOf({ messages, model, output, parameters }: Content) {
  const said = (role: "system" | "user") => messages.filter((one) => one.role === role).map(({ content }) => content);
  const users = said("user");
  const turns = messages.flatMap(({ content, role }, at) => {
    const next = messages[at + 1];
    return role === "user" && next?.role === "assistant" ? [{ user: content, example: next.content }] : [];
  });
  return {
    v: 1,
    system: said("system").join("\n\n"),
    turns,
    draft: turns.length < users.length ? (users.at(-1) ?? "") : "",
    columns: [
      {
        model,
        parameters: {
          temperature: parameters.temperature,
          topP: parameters.top_p,
          maxTokens: parameters.max_tokens,
          seed: parameters.seed,
          frequencyPenalty: parameters.frequency_penalty,
          presencePenalty: parameters.presence_penalty,
          stop: parameters.stop,
          ...(output && { format: { type: "json_schema", schema: JSON.stringify(output, null, 2) } }),
        },
      },
    ],
  };
}
