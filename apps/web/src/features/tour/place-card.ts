import type { Place } from "./use-anchor.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

const edge = 12;
/** Below the header that a narrow screen has. */
const header = 48;

/** `away`: a narrow screen has it at its other end; `above`: right above, where what lies between is of no interest. */
export type Stance = "away" | "above";

/** Where the card stands so that it is beside what it points at, and never over it where that can be helped. In px. */
export function placeCard(
  anchor: Place | undefined,
  card: Size,
  screen: Size,
  stance: Stance = "away",
): { top: number; left: number } {
  const lowest = screen.height - card.height - edge;
  if (screen.width < 640) {
    const low = anchor !== undefined && anchor.top + anchor.height / 2 > screen.height / 2;
    if (low && stance === "above") return { top: Math.max(header + edge, anchor.top - card.height - edge), left: edge };
    return { top: low ? header + edge : lowest, left: edge };
  }
  const rightmost = screen.width - card.width - edge;
  if (!anchor) return { top: lowest, left: rightmost };
  const below = anchor.top + anchor.height + edge;
  const above = anchor.top - card.height - edge;
  const top = below <= lowest ? below : above >= edge ? above : lowest;
  return { top, left: Math.max(edge, Math.min(anchor.left, rightmost)) };
}
