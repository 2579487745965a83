import { bytes, duration, written } from "../../../ui/format.ts";
import type { LoadStage } from "./protocol.ts";

interface Seen {
  readonly stage: LoadStage;
  readonly at: number;
  readonly done: number;
}

/** Puts the progress of a load into words, with what is left of a download at its speed so far. */
export function progressWords(): (stage: LoadStage, done: number, total: number, now: number) => string {
  let first: Seen | undefined;
  return (stage, done, total, now) => {
    if (first?.stage !== stage) first = { stage, at: now, done };
    const share = total > 0 ? `${Math.floor((100 * done) / total)} %` : "";
    switch (stage) {
      case "download": {
        const rate = (done - first.done) / Math.max(1, now - first.at);
        const left = rate > 0 && now - first.at > 300 ? (total - done) / rate : undefined;
        const eta = left === undefined || left < 500 ? "" : `, about ${written(duration(left))} left`;
        return `Downloading: ${written(bytes(done))} of ${written(bytes(total))} (${share})${eta}`;
      }
      case "check":
        return `Checking what is stored already: ${share}`;
      case "read":
        return `Reading the file: ${share}`;
      case "compile":
        return `Compiling kernels: ${share}`;
      case "warm":
        return "Warming up";
    }
  };
}
