import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe } from "vitest";
import type { Device } from "../device.ts";
import { createDevice, type DeviceKind } from "../node/index.ts";

/** `TUGBOAT_TEST_DEVICES=cpu` runs the kernel tests on that device alone. */
const wanted = (process.env.TUGBOAT_TEST_DEVICES ?? "webgpu,cpu").split(",");

const cpuExists = existsSync(new URL("../cpu/index.ts", import.meta.url));

async function open(kind: DeviceKind): Promise<Device | string> {
  if (!wanted.includes(kind)) return "left out by TUGBOAT_TEST_DEVICES";
  if (kind === "cpu" && !cpuExists) return "this checkout has no CPU device";
  try {
    return await createDevice(kind, { threads: 2 });
  } catch (error) {
    // On the CPU there is always a device: failing to make one is a failure, not a reason to skip.
    if (kind === "cpu") throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Declares the same tests once per device of this machine: WebGPU (SwiftShader where there is no GPU) and CPU.
 * A device that is missing is a skipped group with the reason in its name and on the console.
 */
export function describeOnDevices(name: string, tests: (getDevice: () => Device) => void): void {
  for (const kind of ["webgpu", "cpu"] as const) {
    const skipReason = reasons.get(kind);
    if (skipReason !== undefined) {
      console.warn(`skipped: ${name} on ${kind}: ${skipReason}`);
      describe.skip(`${name} on ${kind} (skipped: ${skipReason})`, () => tests(() => absent(kind)));
      continue;
    }
    describe(`${name} on ${kind}`, () => {
      let device: Device | undefined;
      beforeAll(async () => {
        const opened = await open(kind);
        if (typeof opened === "string") throw new Error(opened);
        device = opened;
      });
      afterAll(() => device?.destroy());
      tests(() => device ?? absent(kind));
    });
  }
}

function absent(kind: DeviceKind): never {
  throw new Error(`no ${kind} device is open: use getDevice() inside a test`);
}

async function whyMissing(kind: DeviceKind): Promise<string | undefined> {
  const opened = await open(kind);
  if (typeof opened === "string") return opened;
  opened.destroy();
  return undefined;
}

const reasons = new Map<DeviceKind, string | undefined>([
  ["webgpu", await whyMissing("webgpu")],
  ["cpu", await whyMissing("cpu")],
]);
