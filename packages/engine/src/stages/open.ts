import type { Device, DeviceInfo } from "@tugboat/kernels";
import { readArchitecture } from "../architectures/registry.ts";
import type { Engine, LoadOptions, ModelSource } from "../engine.ts";
import { StepRunner } from "../generation/step-runner.ts";
import { loadStage, outlineModel } from "../load.ts";
import { LoadedEngine } from "../loaded-engine.ts";
import { tokenizerOf } from "../tokenizer/create.ts";
import { type Cuts, cutModel, type Stage } from "./cut.ts";
import { StageRunner } from "./runner.ts";
import { StagedMachine, type StageGroup } from "./staged-machine.ts";

/**
 * The stages that a model is cut into. Reads no weights.
 * @throws EngineError `bad-request`, `bad-model`, `unsupported`
 */
export async function stagesOf({ files }: ModelSource, cuts: Cuts): Promise<Stage[]> {
  const { hyperparameters } = await readArchitecture(files);
  return cutModel(hyperparameters.layers, cuts);
}

/**
 * Loads one stage of a model onto a device. All stages of a model must be loaded with the same options.
 * @throws as `loadEngine`
 */
export async function openStage(source: ModelSource, stage: Stage, options: LoadOptions = {}): Promise<StageRunner> {
  const { device: wanted = "auto", threads } = options;
  const device: Device = typeof wanted === "string" ? await source.createDevice(wanted, { threads }) : wanted;
  const dropDevice = () => {
    if (typeof wanted === "string") device.destroy();
  };
  try {
    return new StageRunner(await loadStage(source.files, device, options, stage), stage, dropDevice);
  } catch (error) {
    dropDevice();
    throw error;
  }
}

/**
 * An engine whose steps are computed by stages, which were loaded with the same options. It owns them from here on: they
 * are closed with it, or when this throws. Its texts are those of the model in one piece.
 * @throws as `loadEngine`
 */
export async function joinStages(
  source: ModelSource,
  groups: readonly StageGroup[],
  options: LoadOptions = {},
): Promise<Engine> {
  const workers = groups.flatMap((group) => group.workers);
  try {
    const device = deviceOf(workers.map(({ facts }) => facts.device));
    const { model, settings } = await outlineModel(source.files, device, options);
    const machine = new StagedMachine(groups, settings);
    const runner = new StepRunner(machine);
    await runner.warm();
    return new LoadedEngine(source, tokenizerOf(source.files), device, { ...model, machine }, runner, () => {});
  } catch (error) {
    for (const worker of workers) worker.close();
    await source.files.close();
    throw error;
  }
}

/** All of them as one. */
function deviceOf(devices: readonly DeviceInfo[]): DeviceInfo {
  const [first] = devices;
  if (!first) throw new RangeError("a model has at least one stage");
  return { ...first, threads: devices.reduce((sum, { threads }) => sum + threads, 0) };
}
