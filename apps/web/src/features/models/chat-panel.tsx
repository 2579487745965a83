import { Badge } from "../../ui/badge.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import type { ModelFacts } from "./types.ts";

const origins = {
  model: "the model's own",
  chatml: "none of its own: ChatML stands in, which its vocabulary has",
  transcript: "none of its own: a plain transcript stands in",
} as const;

/** How a conversation becomes the one text that the model continues. */
export function ChatPanel({ chat }: { readonly chat: ModelFacts["chat"] }) {
  const conversation = (
    <ol className="grid gap-2 p-4">
      {chat.example.map(({ content, role }) => (
        <li key={content} className="grid grid-cols-[80px_minmax(0,1fr)] gap-2">
          <span className="text-ink-3">{role}</span>
          <span>{content}</span>
        </li>
      ))}
    </ol>
  );
  const tabs = [
    {
      id: "rendered",
      label: "Rendered",
      content: chat.rendered ? (
        <CodeBlock code={chat.rendered} what="Rendered conversation" wrap />
      ) : (
        <Notice tone="bad" className="m-4">
          {chat.problem ?? "It could not be rendered."}
        </Notice>
      ),
    },
    { id: "example", label: "Conversation", content: conversation },
    ...(chat.source
      ? [{ id: "source", label: "Template", content: <CodeBlock code={chat.source} what="Chat template" wrap /> }]
      : []),
  ];
  return (
    <Panel title="Chat template" note={origins[chat.origin]} padded={false}>
      <Tabs
        label="Chat template"
        tabs={tabs}
        actions={chat.supportsTools ? <Badge tone="good">tools</Badge> : <Badge>no tools</Badge>}
      />
    </Panel>
  );
}
