import { sampleOf } from "./content.ts";
import type { Content, PromptDetail } from "./types.ts";

/** A call of the prompt with the openai package, as it is pasted. */
export function callSnippet({ labels, name }: Pick<PromptDetail, "labels" | "name">, { variables }: Content): string {
  const label = labels.production === undefined ? "latest" : "production";
  const values = Object.fromEntries(variables.map((one) => [one.name, sampleOf(one)]));
  const written = JSON.stringify(values, null, 4).replaceAll("\n", "\n    ");
  return `from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:4000/v1", api_key="tug_…")
answer = client.chat.completions.create(
    model="prompt:${name}@${label}",
    messages=[],
    extra_body={"variables": ${written.replaceAll(": true", ": True").replaceAll(": false", ": False")}},
)
print(answer.choices[0].message.content)
`;
}
