export type {
  Binding,
  Device,
  DeviceBuffer,
  DeviceInfo,
  Groups,
  KernelErrorCode,
  Pipeline,
  PipelineSpec,
  Recorder,
  Recording,
} from "./device.ts";
export { KernelError } from "./device.ts";
export { AddRmsNorm, type AddRmsNormArgs } from "./ops/add-rms-norm.ts";
export { Attention, type AttentionArgs, type AttentionOptions } from "./ops/attention.ts";
export { attentionSplits } from "./ops/attention-plan.ts";
export { attentionTiles } from "./ops/attention-tiles.ts";
export { Combine, type CombineArgs } from "./ops/combine.ts";
export { CopyBlocks, type CopyBlocksArgs } from "./ops/copy-blocks.ts";
export { Embed, type EmbedArgs } from "./ops/embed.ts";
export { GatherRows, type GatherRowsArgs } from "./ops/gather-rows.ts";
export {
  Glu,
  type GluActivation,
  type GluArgs,
  type GluOptions,
  GluQuantized,
  type GluQuantizedArgs,
} from "./ops/glu.ts";
export { KV_BLOCK, type KvShape, type KvType, kvBlockBytes, kvCacheBytes, NO_SLOT } from "./ops/kv-layout.ts";
export {
  LOW_RANK_TILE_ROWS,
  LOW_RANK_TILE_WORDS,
  LowRank,
  type LowRankArgs,
  type LowRankOptions,
  type LowRankShape,
  lowRankUnitBytes,
  RANK_UNIT,
} from "./ops/low-rank.ts";
export { type Activations, Matmul, type MatmulArgs, type MatmulOptions, type MatmulTile } from "./ops/matmul.ts";
export { type Kernel, type KernelOptions, OpSet } from "./ops/op.ts";
export { ACTIVATION_BLOCK, Quantize, type QuantizeArgs, quantizedSize } from "./ops/quantize.ts";
export {
  RmsNorm,
  type RmsNormArgs,
  type RmsNormOptions,
  RmsNormQuantized,
  type RmsNormQuantizedArgs,
} from "./ops/rms-norm.ts";
export { RopeKv, type RopeKvArgs, type RopeKvOptions, type RopeOptions } from "./ops/rope-kv.ts";
export { arrangeRopeTable, type RopeStyle, ropeTableSize } from "./ops/rope-table.ts";
export { Sample, type SampleArgs, type SampleOptions } from "./ops/sample.ts";
export {
  EDIT_WORDS,
  encodeEdits,
  encodeSampleParams,
  type LogitEdit,
  SAMPLE_PARAM_WORDS,
  type SampleParams,
} from "./ops/sample-params.ts";
export { Scale, type ScaleOptions } from "./ops/scale.ts";
export { TopLogprobs, type TopLogprobsArgs } from "./ops/top-logprobs.ts";
export {
  AttentionPack,
  type AttentionPackArgs,
  type AttentionPackBackArgs,
  type AttentionPackOptions,
} from "./ops/training/attention-pack.ts";
export { ColumnSums, type ColumnSumsArgs, columnSumsScratch } from "./ops/training/column-sums.ts";
export { CrossEntropy, type CrossEntropyArgs, type CrossEntropyBackArgs } from "./ops/training/cross-entropy.ts";
export { Add, GluBack, type GluBackArgs } from "./ops/training/elementwise.ts";
export { EmbedBack, type EmbedBackArgs } from "./ops/training/embed-back.ts";
export { Gemm, type GemmArgs, type GemmOptions } from "./ops/training/gemm.ts";
export {
  AdamW,
  type AdamWArgs,
  type AdamWStep,
  adamWHyperBytes,
  encodeAdamW,
  PackedAdamW,
  type PackedAdamWArgs,
  packedMomentBytes,
  SumSquares,
} from "./ops/training/optimizer.ts";
export { Panels } from "./ops/training/panels.ts";
export { RmsNormBack, type RmsNormBackArgs } from "./ops/training/rms-norm-back.ts";
export { RopeTurn, type RopeTurnArgs, type RopeTurnOptions } from "./ops/training/rope.ts";
export { ScatterRows, type ScatterRowsArgs } from "./ops/training/scatter-rows.ts";
export {
  WeightPanels,
  type WeightPanelsArgs,
  type WeightPanelsOptions,
  weightPanelsSize,
} from "./ops/training/weight-panels.ts";
export {
  createWeight,
  panelCount,
  rowBytes,
  WEIGHT_FORMATS,
  type Weight,
  type WeightFormat,
  type WeightShape,
  type WeightType,
  weightSize,
} from "./ops/weight.ts";
export { dequantize, FILE_BLOCKS, type FileType } from "./pack/dequantize.ts";
export { f16ToF32, f32ToF16 } from "./pack/f16.ts";
export { type LowRankMatrices, type PackedLowRank, packLowRank } from "./pack/low-rank.ts";
export { type PackerOptions, WeightPacker } from "./pack/packer.ts";
export { type QuantizedType, quantizeRows } from "./pack/quantize.ts";
export { type KernelName, wgslSources } from "./wgsl/sources.gen.ts";
