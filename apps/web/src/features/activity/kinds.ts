/** What each kind of job does, as people say it. */
const kinds: Readonly<Record<string, string>> = {
  "batches.run": "Run a batch",
  "webhooks.deliver": "Send a webhook's message",
  "evaluations.run": "Compare candidates",
  "models.digest": "Check the files",
  "models.download": "Download",
  "models.measure": "Measure the speed",
  "tasks.plan": "Plan a task",
  "datasets.import": "Import examples",
  "tuning.run": "Tune a model",
};

/** A kind that this console does not know yet is called by its own name. */
export function kindInWords(kind: string): string {
  return kinds[kind] ?? kind;
}
