export { wordOverlap } from "./answer-score.ts";
export { checkExamples, type Finding, type FindingKind, findingKinds } from "./checks.ts";
export { contentHash } from "./content-hash.ts";
export { correctedPairs } from "./corrections.ts";
export { TuningError, type TuningErrorCode } from "./errors.ts";
export { fitChances, fitLogistic, nearest } from "./logistic.ts";
export { nearGroups } from "./near.ts";
export { type Checked, checkedOf, checkReady, type Prepared, prepareExamples } from "./prepare.ts";
export { chooseShots, promptOf } from "./prompt.ts";
export {
  defaultConfig,
  type RunConfig,
  type RunProgress,
  type RunReport,
  runConfig,
  runProgress,
  runReport,
  runSummary,
  withoutTexts,
} from "./report.ts";
export { sampleCsv, sampleName } from "./sample-data.ts";
export {
  cellsOf,
  type Example,
  fewestExamples,
  guessMapping,
  type Mapping,
  mapperOf,
  openSamples,
  type Samples,
} from "./samples.ts";
export { SomeOf } from "./some-of.ts";
