/** Flows declared in TypeScript, for `tug flows apply -f flow.ts` and for programs that call them. */
export {
  type DefinedFlow,
  defineFlow,
  type FlowDeclaration,
  type FlowValueOf,
  type FlowValuesOf,
} from "./domain/flows/define-flow.ts";
export { FlowError } from "./domain/flows/errors.ts";
export type { FlowFields, FlowType } from "./domain/flows/types.ts";
