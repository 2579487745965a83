import { availableParallelism } from "node:os";
import { joinStages, type ModelSource, type Stage, type StageGroup, stagesOf } from "@tugboat/engine";
import type { Hosted } from "../host.ts";
import type { LoadProgress, StageSettings } from "../protocol.ts";
import type { StageLoad } from "./protocol.ts";
import { StageProcess } from "./stage-process.ts";

export interface StagedLoad extends Omit<StageLoad, "stage"> {
  readonly stages: StageSettings;
}

/**
 * A model whose stages are computed by processes of their own, which share the threads; this one schedules.
 * @param onLost a stage died: nothing that was begun can be finished.
 * @throws EngineError, RemoteError, Error; the processes are gone then
 */
export async function openStaged(
  source: ModelSource,
  { stages: { embedding, head, layers }, ...load }: StagedLoad,
  onProgress: (progress: LoadProgress) => void,
  onLost: (what: string) => void,
): Promise<Hosted> {
  const stages = await stagesOf(source, { layers, embedding: embedding > 0, head: head > 0 });
  const total = load.options.threads ?? availableParallelism();
  const threads = Math.max(1, Math.floor(total / layers));
  const report = progressOf(
    stages.reduce((sum, stage) => sum + countOf(stage, { embedding, head }), 0),
    onProgress,
  );
  const started: StageProcess[] = [];
  try {
    const groups: StageGroup[] = [];
    // One after another: several that compile the same kernels at once do the work several times.
    for (const stage of stages) {
      const workers: StageProcess[] = [];
      for (let i = 0; i < countOf(stage, { embedding, head }); i++) {
        const index = started.length;
        const worker = await StageProcess.load(
          { ...load, stage, options: { ...load.options, threads } },
          {
            onProgress: (progress) => report(index, progress),
            onLost: (reason) => onLost(`the process of ${nameOf(stage)} ended (${reason})`),
          },
        );
        workers.push(worker);
        started.push(worker);
      }
      groups.push({ stage, workers });
    }
    const engine = await joinStages(source, groups, load.options);
    return { engine, stages: () => started.map((worker) => worker.status()) };
  } catch (error) {
    for (const worker of started) worker.close();
    throw error;
  }
}

function countOf(stage: Stage, { embedding, head }: { readonly embedding: number; readonly head: number }): number {
  if (stage.layers > 0) return 1;
  return stage.embedding ? embedding : head;
}

function nameOf({ embedding, firstLayer, head, layers }: Stage): string {
  if (layers === 0) return embedding ? "the embedding" : "the head";
  const parts = `layers ${firstLayer + 1} to ${firstLayer + layers}`;
  return `${embedding ? "the embedding and " : ""}${parts}${head ? " and the head" : ""}`;
}

/** The progress of several loads, one after another, as one. */
function progressOf(count: number, onProgress: (progress: LoadProgress) => void) {
  return (index: number, { done, stage, total }: LoadProgress) => {
    onProgress({ stage, done: index * total + done, total: count * total });
  };
}
