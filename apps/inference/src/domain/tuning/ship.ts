import type { OrganizationScope } from "@tugboat/db";
import { runReport, TuningError } from "@tugboat/tuning";

export interface ShipRun {
  readonly id: string;
  /** A new one, or one that is there, which can be rolled back. */
  readonly alias: string;
  /** Although the gate refused. */
  readonly anyway: boolean;
  /** As the audit log names actors. */
  readonly actor: string;
}

export interface ShippedRun {
  readonly alias: string;
  readonly aliasId: string;
  readonly model: string;
  readonly version: number;
  /** What the model must be sent; `{{text}}` stands for the text. */
  readonly prompt: string;
}

/** Points an alias to what came out of a run. @throws TuningError `not-ready`, `refused` */
export async function shipRun(scope: OrganizationScope, { actor, alias, anyway, id }: ShipRun): Promise<ShippedRun> {
  const { name, report: kept, tunedModel: model } = await scope.tuningRuns.get(id);
  const report = runReport.nullable().parse(kept);
  if (report === null || model === null) {
    throw new TuningError("not-ready", "This run has no model yet.", "Wait until it is done.");
  }
  const { gate, prompt } = report;
  if (!gate.passed && !anyway) {
    throw new TuningError("refused", gate.reasons.join(" "), "It can be shipped all the same, if you say so.");
  }
  const plan = { split: [{ target: { kind: "model" as const, model }, share: 100 }], failover: [] };
  const version = { plan, note: `Tuning run ${name}`, createdBy: actor };
  const before = (await scope.aliases.list()).find((one) => one.name === alias);
  const after =
    before === undefined
      ? await scope.aliases.create(alias, version)
      : await scope.aliases.move(before.id, version, before.updatedAt);
  return { alias: after.name, aliasId: after.id, model, version: after.current.number, prompt };
}
