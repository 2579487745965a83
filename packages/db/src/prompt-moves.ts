import { z } from "zod";
import type { PromptLabelMove } from "./generated/client.ts";

export const moveStates = ["done", "waiting", "declined", "overtaken"] as const;
const moveState = z.enum(moveStates);

export const DECIDED = { yes: "done", no: "declined" } as const;

/** One move of a label, made or wished for. */
export interface LabelMove {
  readonly id: string;
  readonly label: string;
  readonly from: number | null;
  readonly to: number;
  readonly state: (typeof moveStates)[number];
  readonly note: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

export function moveOf(row: PromptLabelMove): LabelMove {
  const { createdAt, createdBy, decidedAt, decidedBy, id, label, note } = row;
  const state = moveState.parse(row.state);
  return { id, label, from: row.fromNumber, to: row.toNumber, state, note, createdBy, createdAt, decidedBy, decidedAt };
}
