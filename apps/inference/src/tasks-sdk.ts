/** Tasks declared in TypeScript, for `tug tasks apply -f task.ts` and for programs that call them. */
export {
  type Declaration,
  type DefinedTask,
  defineTask,
  type ValueOf,
  type ValuesOf,
} from "./domain/tasks/define-task.ts";
export { TaskError } from "./domain/tasks/errors.ts";
export type { Fields, FieldType } from "./domain/tasks/fields.ts";
