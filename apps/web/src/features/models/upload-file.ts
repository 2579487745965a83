/** A file on its way to the service. It outlives the dialog and the page: only a reload ends it, and then it is resumed. */
import type { DetailedError, Upload } from "tus-js-client";
import type { ServiceProblem } from "../service/types.ts";
import { type Sample, transferRate } from "./transfer-rate.ts";

export interface UploadState {
  /** `here`: all of it came; `adding`: it is read and digested; `refused`: it came, and can't be that model. */
  readonly phase: "sending" | "paused" | "failed" | "here" | "adding" | "refused" | "added";
  readonly fileName: string;
  /** In bytes. */
  readonly size: number;
  readonly sent: number;
  /** Bytes a second lately; undefined while it can't be said. */
  readonly rate: number | undefined;
  /** The service's id of it, once it has one. */
  readonly id: string | undefined;
  readonly problem: ServiceProblem | undefined;
  /** What to call the model, and the SHA-256 that the file must have; both may be empty. */
  readonly name: string;
  readonly sha256: string;
}

export interface UploadOrder extends Pick<UploadState, "name" | "sha256"> {
  readonly file: File;
  /** An upload that this goes on with. */
  readonly resume: { readonly id: string; readonly received: number } | undefined;
}

const endpoint = "/api/uploaded-files";
/** A part: what is lost at most when the connection breaks, and when the service first sees that a file is no model. */
const chunkBytes = 8 * 2 ** 20;

let state: UploadState | undefined;
let upload: Upload | undefined;
let samples: readonly Sample[] = [];
const listeners = new Set<() => void>();

export function uploadState(): UploadState | undefined {
  return state;
}

export function subscribeUpload(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: UploadState | undefined): void {
  state = next;
  for (const listener of listeners) listener();
}

function change(part: Partial<UploadState>): void {
  if (state) become({ ...state, ...part });
}

/** Begins to send a file; one that was on its way before is left as it is, to be resumed. */
export async function startUpload({ file, name, resume, sha256 }: UploadOrder): Promise<void> {
  void upload?.abort();
  samples = [];
  become({
    phase: "sending",
    fileName: file.name,
    size: file.size,
    sent: resume?.received ?? 0,
    rate: undefined,
    id: resume?.id,
    problem: undefined,
    name,
    sha256,
  });
  // Loaded when there is something to send: every page waits for what is imported here.
  const { Upload } = await import("tus-js-client");
  const own = new Upload(file, {
    endpoint,
    uploadUrl: resume ? `${endpoint}/${resume.id}` : null,
    chunkSize: chunkBytes,
    metadata: { filename: file.name },
    // The service lists what waits to be resumed; the browser need not remember.
    storeFingerprintForResuming: false,
    retryDelays: [500, 1000, 2000, 4000, 8000, 15_000],
    onUploadUrlAvailable: () => change({ id: own.url?.split("/").at(-1) }),
    onProgress: (sent) => {
      if (own !== upload || state?.phase !== "sending") return;
      samples = [...samples, { at: performance.now(), sent }].slice(-40);
      change({ sent, rate: transferRate(samples), problem: undefined });
    },
    onError: (error) => own === upload && change({ phase: "failed", problem: problemOfUpload(error) }),
    onSuccess: () => own === upload && change({ phase: "here", sent: file.size }),
  });
  upload = own;
  own.start();
}

export async function pauseUpload(): Promise<void> {
  change({ phase: "paused", rate: undefined });
  await upload?.abort();
}

export function resumeUpload(): void {
  samples = [];
  change({ phase: "sending", problem: undefined });
  upload?.start();
}

/** What became of a file that is here. */
export function uploadBecame(part: Pick<UploadState, "phase"> & Partial<Pick<UploadState, "name" | "problem">>): void {
  change({ problem: undefined, ...part });
}

/** Forgets it here; what was sent stays with the service until it is discarded there. */
export function forgetUpload(): void {
  void upload?.abort();
  upload = undefined;
  become(undefined);
}

/** The service's sentence where it said one. */
export function problemOfUpload(error: Error | DetailedError): ServiceProblem {
  const answer = "originalResponse" in error ? error.originalResponse : undefined;
  if (!answer) {
    return {
      code: "interrupted",
      message: "The connection broke.",
      hint: "What was sent is kept: go on when the network is back.",
    };
  }
  try {
    const { error: said } = JSON.parse(answer.getBody()) as { error?: Partial<ServiceProblem> };
    if (said?.message) return { code: said.code ?? "refused", message: said.message, hint: said.hint };
  } catch {
    // No sentence of ours: the status is all there is to say.
  }
  return { code: `http-${answer.getStatus()}`, message: `The upload was refused (${answer.getStatus()}).` };
}
