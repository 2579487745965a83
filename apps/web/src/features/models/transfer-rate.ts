export interface Sample {
  /** In ms. */
  readonly at: number;
  /** Bytes since the beginning. */
  readonly sent: number;
}

/** Bytes a second over the last samples; undefined until they span half a second. */
export function transferRate(samples: readonly Sample[]): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 500) return undefined;
  return Math.max(0, ((last.sent - first.sent) * 1000) / (last.at - first.at));
}

/** Milliseconds until the rest is there, at this rate. */
export function timeLeft(left: number, rate: number | undefined): number | undefined {
  return rate === undefined || rate <= 0 ? undefined : (left / rate) * 1000;
}

/** As the service names the files that it keeps, so that the same file is known again. */
export function plainFileName(name: string): string {
  const plain = (name.split(/[\\/]/).at(-1) ?? "")
    .replaceAll(/[^\w.-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(-100);
  const stem = plain.replace(/\.gguf$/i, "");
  return `${stem === "" ? "model" : stem}.gguf`;
}
