import type { Deployment } from "./types.ts";

type Settings = Deployment["settings"];

/** How a model is served, as the form holds it: an empty text leaves it to the machine. */
export interface SettingsDraft {
  readonly contextLength: string;
  readonly kvCacheMiB: string;
  readonly kvType: string;
  readonly draft: string;
  readonly maxInFlight: string;
  readonly idleMinutes: string;
  readonly device: string;
  readonly pinned: boolean;
  readonly replicas: string;
  readonly prefillReplicas: string;
  readonly layerStages: string;
  readonly embeddingWorkers: string;
  readonly headWorkers: string;
}

export function settingsDraft(settings: Settings): SettingsDraft {
  const text = (value: number | null) => (value === null ? "" : String(value));
  return {
    contextLength: text(settings.contextLength),
    kvCacheMiB: text(settings.kvCacheBytes === null ? null : Math.round(settings.kvCacheBytes / 2 ** 20)),
    kvType: settings.kvType ?? "",
    draft: settings.draft ?? "",
    maxInFlight: text(settings.maxInFlight),
    idleMinutes: text(settings.idleMinutes),
    device: settings.device ?? "",
    pinned: settings.pinned,
    replicas: text(settings.replicas),
    prefillReplicas: text(settings.prefillReplicas),
    layerStages: text(settings.layerStages),
    embeddingWorkers: text(settings.embeddingWorkers),
    headWorkers: text(settings.headWorkers),
  };
}

interface Candidate {
  readonly name: string;
  readonly parameters: number;
  readonly base: string | null;
}

/** Models small enough to guess for this one, the smallest first, and the one that does now. */
export function draftsFor(
  { model, settings }: Pick<Deployment, "model"> & { readonly settings: Pick<Settings, "draft"> },
  models: readonly Candidate[],
): string[] {
  const own = models.find(({ name }) => name === model);
  const smaller = models.filter(({ base, parameters }) => base === null && parameters < (own?.parameters ?? 0));
  const names = smaller.toSorted((a, b) => a.parameters - b.parameters).map(({ name }) => name);
  const { draft } = settings;
  return draft === null || names.includes(draft) ? names : [...names, draft];
}

const devices = ["auto", "cpu", "webgpu"] as const;
const kvTypes = ["f16", "f32", "q8_0"] as const;

export function settingsOf(draft: SettingsDraft): Settings {
  const number = (text: string) => (text.trim() === "" ? null : Number(text));
  const mib = number(draft.kvCacheMiB);
  return {
    contextLength: number(draft.contextLength),
    kvCacheBytes: mib === null ? null : mib * 2 ** 20,
    kvType: kvTypes.find((type) => type === draft.kvType) ?? null,
    draft: draft.draft === "" ? null : draft.draft,
    maxInFlight: number(draft.maxInFlight),
    idleMinutes: number(draft.idleMinutes),
    device: devices.find((device) => device === draft.device) ?? null,
    pinned: draft.pinned,
    replicas: number(draft.replicas) ?? 1,
    prefillReplicas: number(draft.prefillReplicas) ?? 0,
    layerStages: number(draft.layerStages) ?? 1,
    embeddingWorkers: number(draft.embeddingWorkers) ?? 0,
    headWorkers: number(draft.headWorkers) ?? 0,
  };
}
