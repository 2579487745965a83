import { type ChatRequest, chatBody } from "./chat-body.ts";

export interface Snippet {
  readonly id: "curl" | "python" | "typescript";
  readonly name: string;
  readonly code: string;
}

/**
 * The same request as commands that run as pasted. The key is taken from TUGBOAT_API_KEY: the console does not know it.
 * @param baseUrl the API's address including `/v1`
 */
export function snippets(request: ChatRequest, baseUrl: string): readonly Snippet[] {
  const body = chatBody(request);
  return [
    { id: "curl", name: "curl", code: curl(body, baseUrl) },
    { id: "python", name: "Python", code: python(body, baseUrl) },
    { id: "typescript", name: "TypeScript", code: typescript(body, baseUrl) },
  ];
}

type Body = ReturnType<typeof chatBody>;

function curl(body: Body, baseUrl: string): string {
  const json = JSON.stringify(body, null, 2);
  return [
    `curl -N ${baseUrl}/chat/completions \\`,
    `  -H "Authorization: Bearer $TUGBOAT_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${json.replaceAll("'", `'\\''`)}'`,
  ].join("\n");
}

function python(body: Body, baseUrl: string): string {
  const fields = Object.entries(body)
    .map(([name, value]) => `    ${name}=${pythonValue(value, "    ")},`)
    .join("\n");
  return `import os
from openai import OpenAI

client = OpenAI(base_url=${pythonValue(baseUrl)}, api_key=os.environ["TUGBOAT_API_KEY"])

stream = client.chat.completions.create(
${fields}
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`;
}

function typescript(body: Body, baseUrl: string): string {
  const fields = Object.entries(body)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value, null, 2).replaceAll("\n", "\n  ")},`)
    .join("\n");
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${JSON.stringify(baseUrl)}, apiKey: process.env.TUGBOAT_API_KEY });

const stream = await client.chat.completions.create({
${fields}
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
`;
}

/** A JSON value as a Python literal. A JSON string is a Python string: surrogate pairs are written as characters. */
function pythonValue(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const items = Array.isArray(value)
    ? value.map((item) => pythonValue(item, deeper))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${pythonValue(item, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${deeper}${item},`).join("\n")}\n${indent}${close}`;
}
