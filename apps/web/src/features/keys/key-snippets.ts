export interface KeySnippet {
  readonly id: "curl" | "python" | "typescript";
  readonly name: string;
  /** What has to be installed first, as a command; nothing for curl. */
  readonly needs?: string;
  readonly code: string;
}

export interface KeySnippetsOptions {
  /** The API's address including `/v1`. */
  readonly baseUrl: string;
  readonly secret: string;
  readonly model: string;
  /** Whether the model knows a chat form; one that does not continues a text. */
  readonly chat: boolean;
}

const question = "Explain the word tugboat.";
const beginning = "Once upon a time";
const maxTokens = 60;

/** A first request with a new key, as programs that run as pasted. */
export function keySnippets(options: KeySnippetsOptions): readonly KeySnippet[] {
  return [
    { id: "curl", name: "curl", code: curl(options) },
    { id: "python", name: "Python", needs: "pip install openai", code: python(options) },
    { id: "typescript", name: "TypeScript", needs: "npm install openai", code: typescript(options) },
  ];
}

function curl({ baseUrl, secret, model, chat }: KeySnippetsOptions): string {
  const body = chat
    ? { model, messages: [{ role: "user", content: question }], max_tokens: maxTokens, temperature: 0 }
    : { model, prompt: beginning, max_tokens: maxTokens, temperature: 0 };
  return [
    `curl ${quoted(`${baseUrl}/${chat ? "chat/completions" : "completions"}`)} \\`,
    `  -H ${quoted(`Authorization: Bearer ${secret}`)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body, null, 2))}`,
  ].join("\n");
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function python({ baseUrl, secret, model, chat }: KeySnippetsOptions): string {
  const head = `from openai import OpenAI

client = OpenAI(base_url=${text(baseUrl)}, api_key=${text(secret)})
`;
  return chat
    ? `${head}
answer = client.chat.completions.create(
    model=${text(model)},
    messages=[{"role": "user", "content": ${text(question)}}],
    max_tokens=${maxTokens},
    temperature=0,
)
print(answer.choices[0].message.content)
`
    : `${head}
answer = client.completions.create(
    model=${text(model)},
    prompt=${text(beginning)},
    max_tokens=${maxTokens},
    temperature=0,
)
print(answer.choices[0].text)
`;
}

function typescript({ baseUrl, secret, model, chat }: KeySnippetsOptions): string {
  const head = `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${text(baseUrl)},
  apiKey: ${text(secret)},
});
`;
  return chat
    ? `${head}
const answer = await client.chat.completions.create({
  model: ${text(model)},
  messages: [{ role: "user", content: ${text(question)} }],
  max_tokens: ${maxTokens},
  temperature: 0,
});
console.log(answer.choices[0]?.message.content);
`
    : `${head}
const answer = await client.completions.create({
  model: ${text(model)},
  prompt: ${text(beginning)},
  max_tokens: ${maxTokens},
  temperature: 0,
});
console.log(answer.choices[0]?.text);
`;
}

/** A JSON string is a string of Python and of TypeScript alike. */
function text(value: string): string {
  return JSON.stringify(value);
}
