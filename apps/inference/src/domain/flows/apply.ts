import type { FlowInfo, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { type FlowDocument, flowChanges, storedFlow } from "./document.ts";

export interface AppliedFlow {
  readonly flow: FlowInfo;
  /** What it changed, line by line; empty when all was so already. */
  readonly changes: readonly string[];
  readonly created: boolean;
}

/**
 * Makes a flow what its document says. Applied again it changes nothing.
 * @param yaml as the person wrote it
 * @throws DatabaseError
 */
export async function applyFlow(
  scope: Pick<OrganizationScope, "flows">,
  { actor, document, yaml }: { readonly document: FlowDocument; readonly yaml: string; readonly actor: string },
): Promise<AppliedFlow> {
  const before = await scope.flows.find(document.flow);
  const version = { document: stored(document), yaml, createdBy: actor };
  if (before === null) {
    return {
      flow: await scope.flows.create(document.flow, version),
      changes: flowChanges(undefined, document),
      created: true,
    };
  }
  const last = await scope.flows.version(before.id, before.version);
  const changes = flowChanges(storedFlow.parse(last.document), document);
  // A comment or a blank line changes what people read, and nothing that runs.
  if (changes.length === 0) return { flow: before, changes, created: false };
  return { flow: await scope.flows.change(before.id, version), changes, created: false };
}

type Stored = Parameters<OrganizationScope["flows"]["create"]>[1]["document"];

function stored(document: FlowDocument): Stored {
  const value = z.json().parse(JSON.parse(JSON.stringify(document).replaceAll("\\u0000", "")));
  if (value === null) throw new Error("null is no document");
  return value;
}
