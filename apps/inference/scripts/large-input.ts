/**
 * Reads a CSV of three million rows as a tuning run would, and says how long that takes and how much memory it needs. The
 * rows are made as they are read, unless `--file` has them on the disk.
 *
 * tsx --conditions=@tugboat/source apps/inference/scripts/large-input.ts [--rows 3000000] [--bytes 700] [--file PATH]
 */
import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { prepareExamples } from "@tugboat/tuning";
import { fileSamples } from "../src/domain/tuning/sample-source.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "3000000" },
    bytes: { type: "string", default: "700" },
    file: { type: "string", default: "large-input.csv" },
  },
});
const rows = Number(values.rows);
const labels = ["billing", "bug", "how-to", "other"];
const filler =
  "the parcel that was sent last week has not arrived and nobody answers the telephone, please look into it ";

function* lines(): Generator<string> {
  yield "message,queue\n";
  const text = filler.repeat(Math.ceil(Number(values.bytes) / filler.length)).slice(0, Number(values.bytes) - 30);
  let block = "";
  for (let row = 0; row < rows; row++) {
    block += `"${row}: a ""quoted"" word, ${text}",${labels[(row * 7) % 4]}\n`;
    if (block.length > 1 << 20) {
      yield block;
      block = "";
    }
  }
  yield block;
}

await pipeline(Readable.from(lines()), createWriteStream(values.file));
const { size } = await stat(values.file);
const plain = performance.now();
for await (const _ of createReadStream(values.file, { highWaterMark: 1 << 18 })) {
  // Only the disk, for comparison.
}
const read = performance.now();
let most = 0;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 50);
const samples = await fileSamples(values.file);
const opened = performance.now();
const prepared = await prepareExamples(samples, { mends: [], contextLength: 1024 });
clearInterval(watch);
const seconds = (from: number, to: number) => Math.round((to - from) / 100) / 10;
console.log(
  JSON.stringify({
    rows: prepared.rows,
    taken: prepared.taken,
    gigabytes: Math.round(size / 1e7) / 100,
    seconds: {
      disk: seconds(plain, read),
      encodingAndColumns: seconds(read, opened),
      examples: seconds(opened, performance.now()),
    },
    mostMemoryMiB: Math.round(most / 2 ** 20),
    findings: prepared.findings.map(({ sentence }) => sentence),
  }),
);
await rm(values.file);
