import type { JobKind } from "./define.ts";
import { runBatch } from "./kinds/batches-run.ts";
import { importDataset } from "./kinds/datasets-import.ts";
import { embedDocuments } from "./kinds/documents-embed.ts";
import { evaluationRun } from "./kinds/evaluations-run.ts";
import { planFlow } from "./kinds/flows-plan.ts";
import { runFlowJob } from "./kinds/flows-run.ts";
import { digestModel } from "./kinds/models-digest.ts";
import { downloadModelJob } from "./kinds/models-download.ts";
import { measureModel } from "./kinds/models-measure.ts";
import { planTask } from "./kinds/tasks-plan.ts";
import { tuningRun } from "./kinds/tuning-run.ts";
import { listUpstream } from "./kinds/upstreams-list.ts";
import { deliverWebhook } from "./kinds/webhooks-deliver.ts";

/** Every kind of background work. */
export const jobKinds: readonly JobKind[] = [
  runBatch,
  importDataset,
  embedDocuments,
  evaluationRun,
  runFlowJob,
  planFlow,
  digestModel,
  downloadModelJob,
  measureModel,
  planTask,
  tuningRun,
  listUpstream,
  deliverWebhook,
];
