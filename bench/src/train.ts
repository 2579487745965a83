// A LoRA step beside PyTorch's on the same CPU, threads and shapes, step by step in turn: npm run bench:train -w @tugboat/bench
//
// Prints {machine, results: [{name, unit, ours, peer, ratio}]}; ratio is ours ÷ peer in speed, above 1 is better. The peer is
// Debian's python3-torch with libopenblas0-pthread; without it the peer's figures are absent.
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openTrainer, readArchitecture } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";

const { values: options } = parseArgs({
  options: {
    model: {
      type: "string",
      default: fileURLToPath(new URL("../../models/tug-small/tug-small-q8_0.gguf", import.meta.url)),
    },
    texts: { type: "string", default: "12" },
    length: { type: "string", default: "130" },
    threads: { type: "string", default: "2" },
    // Tokens of each text that are learnt; the peer computes the logits of all, as plain scripts do.
    answers: { type: "string" },
    rounds: { type: "string", default: "7" },
    python: { type: "string", default: "/usr/bin/python3" },
  },
});
const [texts, length, threads, rounds] = [options.texts, options.length, options.threads, options.rounds].map(Number);
const rank = 8;
const answers = Number(options.answers ?? options.length);

/** Seconds of the clock, and of processors. */
interface Seconds {
  readonly wall: number;
  readonly cpu: number;
}

interface Peer {
  step(): Promise<Seconds>;
  close(): void;
}

/** Undefined, with a line on standard error, where PyTorch is missing. */
async function openPeer(shape: object): Promise<Peer | undefined> {
  const script = fileURLToPath(new URL("./train-peer.py", import.meta.url));
  const child = spawn(options.python, [script], { stdio: ["pipe", "pipe", "pipe"] });
  let problem = "";
  child.stderr.on("data", (chunk: Buffer) => {
    problem += chunk.toString();
  });
  child.on("error", (error) => {
    problem += error.message;
  });
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.write(`${JSON.stringify(shape)}\n`);
  const step = async () => {
    child.stdin.write("step\n");
    const { value, done } = await lines.next();
    if (done === true) throw new Error(problem.trim().split("\n").at(-1) ?? "the peer ended");
    const [wall, cpu] = String(value).split(" ").map(Number);
    return { wall: wall!, cpu: cpu! };
  };
  try {
    await step();
  } catch (error) {
    console.error(`No peer: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  return { step, close: () => child.kill() };
}

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;

const source = await openModel(options.model);
const { hyperparameters } = await readArchitecture(source.files);
const { layers, dim, ffn, heads, kvHeads, headDim, vocabulary } = hyperparameters;
const trainer = await openTrainer(source, { device: "cpu", threads, method: { kind: "lora", rank } });
const peer = await openPeer({
  layers,
  dim,
  ffn,
  heads,
  kvHeads,
  headDim,
  vocabulary,
  rank,
  texts,
  length,
  threads,
  answers,
});
const batch = Array.from({ length: texts! }, (_, i) => ({
  tokens: Array.from({ length: length! + 1 }, (_, j) => (i * 977 + j * j * 31) % vocabulary),
  weights: Array.from({ length: length! + 1 }, (_, j) => Number(j > length! - answers)),
}));
const step = async () => {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await trainer.train({ kind: "supervised", texts: batch });
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
};
await step();
const ours: Seconds[] = [];
const theirs: Seconds[] = [];
for (let round = 0; round < rounds!; round++) {
  ours.push(await step());
  if (peer) theirs.push(await peer.step());
}
peer?.close();
await trainer.close();
await source.files.close();
const tokens = texts! * length!;
const what = `LoRA step of ${source.name}, ${texts} texts of ${length} tokens, ${answers} learnt, ${threads} threads`;
const result = (name: string, unit: string, of: (seconds: Seconds) => number) => {
  const own = median(ours.map(of));
  const rate = (seconds: number) => Math.round(tokens / seconds);
  if (!peer) return { name, unit, ours: rate(own) };
  const other = median(theirs.map(of));
  return { name, unit, ours: rate(own), peer: rate(other), ratio: Number((other / own).toFixed(3)) };
};
const results = [
  result(what, "tokens/s", ({ wall }) => wall),
  result(`${what}: work`, "tokens/s of a processor", ({ cpu }) => cpu),
];
console.log(JSON.stringify({ machine: cpus()[0]?.model, results }, null, 2));
