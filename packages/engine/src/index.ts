export { type Device, type DeviceInfo, KernelError } from "@tugboat/kernels";
export type { AdapterLease, AdapterStats } from "./adapters/adapters.ts";
export { type AdapterDescription, describeAdapter } from "./adapters/describe.ts";
export {
  type AttentionKind,
  type MemoryNeeds,
  type ModelAnatomy,
  type ModelPart,
  modelAnatomy,
  modelMemory,
  type PartSize,
  type TensorGroup,
} from "./anatomy.ts";
export type { Architecture, Hyperparameters } from "./architectures/architecture.ts";
export { architectures, readArchitecture } from "./architectures/registry.ts";
export { ChatTemplateError } from "./chat-template/errors.ts";
export { type ChatTemplate, chatTemplateFor } from "./chat-template/template.ts";
export type { ChatMessage, MessageContent, ToolCall, ToolDefinition } from "./chat-template/types.ts";
export {
  type DeviceKind,
  type EmbedOptions,
  type Engine,
  type EngineStats,
  type GenerateRequest,
  type LoadOptions,
  loadEngine,
  type ModelSource,
  type Prefilled,
} from "./engine.ts";
export { EngineError, type EngineErrorCode } from "./errors.ts";
export { type ConvertOptions, convertModel } from "./formats/convert/convert.ts";
export { type EncodedType, encodedTypes } from "./formats/convert/encoding.ts";
export { FormatError, type FormatErrorCode } from "./formats/errors.ts";
export { openGguf } from "./formats/gguf.ts";
export type { ByteSink, ByteSource, FileSet, ModelFiles, TensorInfo } from "./formats/types.ts";
export type {
  FinishReason,
  GenerateEvent,
  Timings,
  TokenLogprob,
  TokenLogprobs,
  Usage,
} from "./generation/events.ts";
export { type Constraint, grammarFor } from "./grammar/constraint.ts";
export { GrammarError, type GrammarErrorCode } from "./grammar/errors.ts";
export type { Expression, Grammar } from "./grammar/expression.ts";
export type { ModelInfo } from "./info.ts";
export type { ArchivedBlock, BlockArchive } from "./kv/block-archive.ts";
export type { KvHandOver } from "./kv/hand-over.ts";
export type { AdapterOptions } from "./limits.ts";
export type { LoadProgress } from "./load.ts";
export { checkDraft } from "./speculative/load-draft.ts";
export type { Rows, StageAnswer, StageCommand, StageFacts, StageWorker } from "./stages/commands.ts";
export type { Cuts, Stage } from "./stages/cut.ts";
export { joinStages, openStage, stagesOf } from "./stages/open.ts";
export type { StageGroup } from "./stages/staged-machine.ts";
export { createTokenizer } from "./tokenizer/create.ts";
export type { Tokenizer } from "./tokenizer/types.ts";
export type { ToolChoice } from "./tools/grammar.ts";
export type { ToolCallDelta } from "./tools/reader.ts";
export { type FreshModelOptions, freshModel } from "./train/fresh.ts";
export { answerText, batchOrder, streamTexts } from "./train/loop.ts";
export { type Projection, projections, type TrainingMethod } from "./train/method.ts";
export { type Schedule, scheduleFactor } from "./train/schedule.ts";
export { openTrainer } from "./train/trainer.ts";
export type {
  Evaluation,
  OptimizerOptions,
  PeftAdapter,
  PreferencePair,
  Question,
  StepReport,
  TextScore,
  Trainer,
  TrainerInfo,
  TrainerOptions,
  TrainingBatch,
  TrainingText,
} from "./train/types.ts";
