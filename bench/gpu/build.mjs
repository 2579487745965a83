// Bundles the GPU bench with the engine and the kernels into one file, so that a machine with nothing but Node, the
// webgpu package and a Vulkan driver can run it. Run: node bench/gpu/build.mjs [file.mjs]
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = process.argv[2] ?? here("../dist/gpu.mjs");

execFileSync(process.execPath, [here("../../packages/kernels/scripts/embed-wgsl.mjs")], { stdio: "inherit" });
await build({
  entryPoints: [here("main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  conditions: ["@tugboat/source"],
  // Dawn is a native module: it is found beside the bundle, or in a node_modules above it.
  external: ["webgpu"],
  logLevel: "warning",
});
process.stdout.write(`${outfile}\n`);
