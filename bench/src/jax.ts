/** jax-js on its WebAssembly backend: the peer of `tug bench kernels`. */
import { defaultDevice, init, type Array as JaxArray, numpy } from "@jax-js/jax";
import { answer, number } from "./answering.ts";

interface Prepared {
  readonly x: JaxArray;
  readonly w: JaxArray;
}

const prepared = new Map<string, Prepared>();

async function prepare(rows: number, n: number, k: number): Promise<Prepared> {
  const key = `${rows} ${n} ${k}`;
  const known = prepared.get(key);
  if (known !== undefined) return known;
  const made = { x: randomMatrix(rows, k), w: randomMatrix(k, n) };
  prepared.set(key, made);
  for (let i = 0; i < 3; i++) await product(made);
  return made;
}

function randomMatrix(rows: number, columns: number): JaxArray {
  const values = Float32Array.from({ length: rows * columns }, () => Math.random() * 2 - 1);
  return numpy.array(values).reshape([rows, columns]);
}

async function product({ w, x }: Prepared): Promise<void> {
  const y = numpy.matmul(x.ref, w.ref);
  await y.blockUntilReady();
  y.dispose();
}

answer({
  async open() {
    await init("wasm");
    defaultDevice("wasm");
    return {};
  },

  async product(question) {
    const repeats = number(question, "repeats");
    const operands = await prepare(number(question, "rows"), number(question, "n"), number(question, "k"));
    const start = performance.now();
    for (let i = 0; i < repeats; i++) await product(operands);
    return { seconds: (performance.now() - start) / 1000 / repeats };
  },
});
