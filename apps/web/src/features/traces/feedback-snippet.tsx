"use client";

import { CodeBlock } from "../../ui/code-block.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useOverview } from "../service/use-overview.ts";

/** How an application sends what its users thought of an answer. */
export function FeedbackSnippet() {
  const apiUrl = useOverview().data?.apiUrl ?? "http://127.0.0.1:4000";
  return (
    <Panel title="Send feedback" note="thumbs, scores and corrections from your application" padded={false}>
      <Tabs
        label="Ways to send feedback"
        tabs={feedbackSnippets(`${apiUrl}/v1`).map(({ code, id, name }) => ({
          id,
          label: name,
          content: <CodeBlock code={code} what={`${name} snippet`} />,
        }))}
      />
    </Panel>
  );
}

function feedbackSnippets(baseUrl: string) {
  return [
    {
      id: "curl",
      name: "curl",
      code: `# The id is the answer's \`tugboat.request_id\`, or the x-request-id that you sent with the request.
curl '${baseUrl}/feedback' \\
  -H "Authorization: Bearer $TUGBOAT_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"request_id": "order-77", "thumb": "up", "comment": "solved it"}'`,
    },
    {
      id: "python",
      name: "Python",
      code: `from openai import OpenAI

client = OpenAI(base_url="${baseUrl}")
answer = client.chat.completions.create(model="tug-small", messages=[{"role": "user", "content": "Hello"}])
client.post(
    "/feedback",
    cast_to=object,
    body={"trace_id": answer.tugboat["request_id"], "score": 0.8, "correction": "Hello, and welcome."},
)`,
    },
    {
      id: "typescript",
      name: "TypeScript",
      code: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${baseUrl}" });
const { data, response } = await client.chat.completions
  .create({ model: "tug-small", messages: [{ role: "user", content: "Hello" }] })
  .withResponse();
await client.post("/feedback", {
  body: { request_id: response.headers.get("x-request-id"), thumb: "down", comment: "too short" },
});`,
    },
  ] as const;
}
