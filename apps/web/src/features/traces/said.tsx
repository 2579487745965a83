import { Badge } from "../../ui/badge.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { answersOf, messagesOf } from "./trace-words.ts";
import type { TraceDetail } from "./types.ts";

/** What was asked and answered, as far as it is kept. */
export function Said({ body }: { readonly body: NonNullable<TraceDetail["body"]> }) {
  const answers = answersOf(body.output);
  const error = Object(Object(body.output).error);
  return (
    <div className="divide-y divide-line">
      {messagesOf(body.input).map(({ role, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages never move; two may say the same.
        <Message key={index} by={role} text={text} />
      ))}
      {answers.map(({ finish, text }, index) => (
        <Message
          // biome-ignore lint/suspicious/noArrayIndexKey: choices never move; two may say the same.
          key={`answer ${index}`}
          by={answers.length > 1 ? `answer ${index + 1}` : "answer"}
          text={text}
          note={finish === "length" ? "cut at the token limit" : undefined}
          isAnswer
        />
      ))}
      {typeof error.message === "string" ? <Message by="error" text={error.message} /> : null}
    </div>
  );
}

interface MessageProps {
  readonly by: string;
  readonly text: string;
  readonly note?: string | undefined;
  readonly isAnswer?: boolean;
}

function Message({ by, isAnswer, note, text }: MessageProps) {
  return (
    <section className="grid gap-1 px-4 py-3">
      <header className="flex items-center gap-2">
        <Badge tone={by === "error" ? "bad" : isAnswer ? "accent" : "neutral"}>{by}</Badge>
        {note ? <span className="text-warn text-xs">{note}</span> : null}
        <span className="ml-auto">
          <CopyButton text={text} what={by} />
        </span>
      </header>
      <p className="max-h-96 overflow-y-auto whitespace-pre-wrap break-words">
        {text === "" ? <span className="text-ink-3">nothing</span> : text}
      </p>
    </section>
  );
}
