import { diffWordsWithSpace } from "diff";

/** An answer with the words marked that differ from what is beside it. */
export function AnswerDiff({ text, against }: { readonly text: string; readonly against: string | undefined }) {
  if (text === "") return <span className="text-ink-3">(nothing)</span>;
  if (against === undefined || text.length + against.length > 20_000) return <>{text}</>;
  let at = 0;
  return (
    <>
      {diffWordsWithSpace(against, text)
        .filter(({ removed }) => !removed)
        .map(({ added, value }) => {
          const key = at;
          at += value.length;
          return added ? (
            <mark key={key} className="rounded-xs bg-accent-soft text-ink">
              {value}
            </mark>
          ) : (
            <span key={key}>{value}</span>
          );
        })}
    </>
  );
}
