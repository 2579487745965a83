export { CsvProblem, CsvReader, type CsvRow } from "./csv.ts";
export { encodingOf, type OpenBytes } from "./encoding.ts";
export { DatasetError, type DatasetErrorCode } from "./errors.ts";
export type { Json } from "./json.ts";
export { headBytes, isSheet, openText } from "./open.ts";
export {
  columnNames,
  type FileFormat,
  type FileRecord,
  fieldColumn,
  fileFormats,
  inputNames,
  isHeading,
  outputNames,
  type RecordSource,
} from "./record.ts";
export { type ReadExample, type Shape, shapeOf, shapes, toExample } from "./shapes.ts";
export { storable, storableText, textOf } from "./values.ts";
