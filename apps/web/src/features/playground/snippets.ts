import { type ChatRequest, chatBody } from "./stream-chat.ts";

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
  const json = JSON.stringify({ ...body, stream: true }, null, 2);
  return [
    `curl -N ${baseUrl}/chat/completions \\`,
    `  -H "Authorization: Bearer $TUGBOAT_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${json.replaceAll("'", `'\\''`)}'`,
  ].join("\n");
}

function python(body: Body, baseUrl: string): string {
  const messages = body.messages
    .map(({ role, content }) => `        {"role": ${pythonText(role)}, "content": ${pythonText(content)}},`)
    .join("\n");
  return `import os
from openai import OpenAI

client = OpenAI(base_url=${pythonText(baseUrl)}, api_key=os.environ["TUGBOAT_API_KEY"])

stream = client.chat.completions.create(
    model=${pythonText(body.model)},
    messages=[
${messages}
    ],
    temperature=${body.temperature},
    top_p=${body.top_p},
    max_tokens=${body.max_tokens},
    seed=${body.seed},
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`;
}

function typescript(body: Body, baseUrl: string): string {
  const fields = Object.entries({ ...body, stream: true })
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

/** A JSON string is a Python string, but for surrogate pairs, which JSON.stringify leaves as characters anyway. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}
