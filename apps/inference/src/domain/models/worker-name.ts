/**
 * What a model's worker is called in the whole installation: as the model, where it is the first organization's, else with
 * the organization behind an `@`, which no model's name has. Two organizations' models of one name are two workers.
 */
export function workerName(model: string, organizationId: string | undefined): string {
  return organizationId === undefined ? model : `${model}@${organizationId}`;
}

/** The model, and whose it is where that isn't the first organization. */
export function parseWorkerName(worker: string): { readonly model: string; readonly organizationId?: string } {
  const at = worker.indexOf("@");
  return at < 0 ? { model: worker } : { model: worker.slice(0, at), organizationId: worker.slice(at + 1) };
}
