import type { Anatomy } from "./types.ts";

type Part = Anatomy["parts"][number]["part"];

/** Parts in the language of the page, with the colour that stands for each in every chart. */
export const partLooks: Readonly<Record<Part, { readonly name: string; readonly fill: string; readonly bar: string }>> =
  {
    embedding: { name: "Embedding", fill: "fill-accent", bar: "bg-accent" },
    attention: { name: "Attention", fill: "fill-good", bar: "bg-good" },
    "feed-forward": { name: "Feed-forward", fill: "fill-warn", bar: "bg-warn" },
    norms: { name: "Norms", fill: "fill-ink-3", bar: "bg-ink-3" },
    output: { name: "Output head", fill: "fill-bad", bar: "bg-bad" },
  };

/** How the layers attend, in a sentence each. */
export function attentionSentences({ attention, heads, kvHeads, layers }: Anatomy): readonly string[] {
  const sharing =
    kvHeads === heads
      ? `Each of the ${heads} heads has keys and values of its own.`
      : `Grouped-query attention: ${heads} query heads share ${kvHeads} heads of keys and values.`;
  const kinds = attention.map(({ layers: count, ropeBase, window }) => {
    const which = count === layers ? "Every layer" : `${count} of ${layers} layers`;
    const sees = window === null ? "sees all that came before" : `sees a sliding window of ${window} tokens`;
    const plural = count === layers || count === 1 ? sees : sees.replace("sees", "see");
    const positions = ropeBase === null ? ", without positions" : "";
    return `${which} ${plural}${positions}.`;
  });
  return [sharing, ...kinds];
}

/** The whole drawing in words. */
export function anatomySentence(anatomy: Anatomy): string {
  const { dim, ffn, headDim, layers, tiedEmbeddings, vocabulary } = anatomy;
  const head = tiedEmbeddings
    ? "The output head is the embedding table again (tied embeddings)."
    : "An output head of its own turns the result into a score for each token.";
  return [
    `Token ids become vectors of ${dim} numbers by an embedding table of ${vocabulary} rows.`,
    `They pass ${layers} layers, each of attention (heads of ${headDim} numbers) and a feed-forward part of ${ffn}, with a norm before each.`,
    ...attentionSentences(anatomy),
    head,
  ].join(" ");
}
