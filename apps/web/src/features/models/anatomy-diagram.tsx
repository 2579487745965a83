import { compact, formatCount, written } from "../../ui/format.ts";
import { anatomySentence, partLooks } from "./parts.ts";
import type { Anatomy } from "./types.ts";

type Part = Anatomy["parts"][number]["part"];

interface Box {
  readonly part: Part;
  readonly title: string;
  readonly note: string;
  readonly y: number;
  readonly height: number;
}

const width = 420;
const left = 60;
const boxWidth = 300;

/** A model as its tensors make it, from the text at the bottom to the next token at the top. */
export function AnatomyDiagram({ anatomy }: { readonly anatomy: Anatomy }) {
  const { dim, ffn, headDim, headNorms, heads, kvHeads, layers, tiedEmbeddings, vocabulary } = anatomy;
  const window = anatomy.attention.find((kind) => kind.window !== null);
  const size = (name: string) => {
    const group = anatomy.tensors.find((one) => one.name === name);
    return group ? group.shape.map((length) => formatCount(length)).join(" × ") : "";
  };
  const sliding = window ? `, window ${formatCount(window.window ?? 0)} in ${window.layers} of ${layers}` : "";
  const sharing = kvHeads === heads ? `${heads} heads` : `${heads} query heads, ${kvHeads} for keys and values`;
  const boxes: readonly Box[] = [
    {
      part: tiedEmbeddings ? "embedding" : "output",
      title: tiedEmbeddings ? "Output: the embedding again" : "Output head",
      note: `${formatCount(vocabulary)} × ${formatCount(dim)}`,
      y: 36,
      height: 44,
    },
    { part: "norms", title: "Norm", note: formatCount(dim), y: 92, height: 28 },
    {
      part: "feed-forward",
      title: "Feed-forward",
      note: `${formatCount(dim)} → ${formatCount(ffn)} → ${formatCount(dim)}`,
      y: 156,
      height: 52,
    },
    { part: "norms", title: "Norm", note: formatCount(dim), y: 218, height: 28 },
    {
      part: "attention",
      title: `Attention${headNorms ? ", normed heads" : ""}`,
      note: `${sharing} of ${headDim}${sliding}`,
      y: 256,
      height: 52,
    },
    { part: "norms", title: "Norm", note: formatCount(dim), y: 318, height: 28 },
    {
      part: "embedding",
      title: "Embedding",
      note: size("token_embd.weight"),
      y: 382,
      height: 44,
    },
  ];
  return (
    <svg viewBox={`0 0 ${width} 470`} role="img" className="mx-auto block w-full max-w-[460px]">
      <title>Architecture of the model</title>
      <desc>{anatomySentence(anatomy)}</desc>
      <text x={left + boxWidth / 2} y={20} textAnchor="middle" className="fill-ink-2 text-xs">
        a score for each of {formatCount(vocabulary)} tokens
      </text>
      <line x1={left + boxWidth / 2} x2={left + boxWidth / 2} y1={28} y2={440} className="stroke-line-strong" />
      <rect
        x={left - 16}
        y={138}
        width={boxWidth + 32}
        height={222}
        rx={10}
        className="fill-none stroke-line-strong"
        strokeDasharray="4 4"
      />
      <text x={left - 26} y={252} textAnchor="middle" className="fill-ink-2 font-medium text-md">
        {layers}×
      </text>
      {[
        [182, 246],
        [282, 346],
      ].map(([top, bottom]) => (
        <path
          key={top}
          d={`M ${left + boxWidth / 2} ${bottom} H ${left + boxWidth + 8} V ${(top ?? 0) - 34} H ${left + boxWidth / 2}`}
          className="fill-none stroke-line-strong"
        />
      ))}
      {boxes.map(({ height, note, part, title, y }) => (
        <g key={`${title} ${y}`}>
          <rect x={left} y={y} width={boxWidth} height={height} rx={7} className="fill-raised stroke-line-strong" />
          <rect x={left} y={y + 6} width={4} height={height - 12} rx={2} className={partLooks[part].fill} />
          <text x={left + 16} y={y + height / 2 + (height > 40 ? -3 : 4)} className="fill-ink font-medium text-xs">
            {title}
          </text>
          <text
            x={height > 40 ? left + 16 : left + boxWidth - 12}
            y={y + height / 2 + (height > 40 ? 14 : 4)}
            textAnchor={height > 40 ? "start" : "end"}
            className="fill-ink-3 text-2xs"
          >
            {note}
          </text>
        </g>
      ))}
      <text x={left + boxWidth / 2} y={458} textAnchor="middle" className="fill-ink-2 text-xs">
        token ids of the text, up to {written(compact(anatomy.trainedContext))}
      </text>
    </svg>
  );
}
