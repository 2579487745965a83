import { Notice } from "../../ui/notice.tsx";
import type { Calibration } from "./types.ts";

type Shown = Pick<Calibration, "candidate" | "evaluator" | "kappa" | "reviewed" | "words">;

/** How far a judge is to be trusted, beside its use. */
export function CalibrationLine({ calibration }: { readonly calibration: Shown }) {
  const { candidate, kappa, reviewed, words } = calibration;
  return (
    <Notice
      tone={kappa.score < 0.4 ? "warn" : "neutral"}
      hint={
        kappa.score < 0.4
          ? "Write the rubric more plainly, choose a stronger model, or let people decide."
          : "Its scores are corrected by what people said."
      }
    >
      {inWords(words)} with people on {reviewed} answers of {candidate} (κ {kappa.score.toFixed(2)}, 95 % sure of{" "}
      {kappa.low.toFixed(2)} to {kappa.high.toFixed(2)}).
    </Notice>
  );
}

function inWords(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
