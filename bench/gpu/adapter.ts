import { type Device, type DeviceInfo, KernelError } from "@tugboat/kernels";
import { createAnyWebGpuDevice } from "@tugboat/kernels/node";
import { WebGpuDevice } from "@tugboat/kernels/webgpu";

/** The machine's WebGPU device, opened as the product opens it. */
export interface OpenedGpu {
  readonly device: Device;
  /** The device beneath it, for timestamp queries. */
  readonly gpu: GPUDevice;
  /** A CPU in disguise: it computes the same, and its speed says nothing about a GPU. */
  readonly software: boolean;
  /** The same device for kernels of another workgroup size. */
  withWorkgroupSize(lanes: number): Device;
}

/** @throws KernelError (`no-device`) when there is no driver that WebGPU accepts. */
export async function openGpu(): Promise<OpenedGpu> {
  const device = await createAnyWebGpuDevice();
  const gpu = gpuOf(device);
  const variants = new Map<number, Device>([[device.info.workgroupSize, device]]);
  return {
    device,
    gpu,
    software: /swiftshader|llvmpipe|lavapipe|basic render|warp/i.test(device.info.description),
    withWorkgroupSize(lanes) {
      const info: DeviceInfo = { ...device.info, workgroupSize: lanes };
      const variant = variants.get(lanes) ?? new WebGpuDevice(gpu, info);
      variants.set(lanes, variant);
      return variant;
    },
  };
}

/** A recording knows the `GPUDevice` that it was made for. */
function gpuOf(device: Device): GPUDevice {
  const recording = device.record("probe", () => undefined);
  if (!("owner" in recording)) throw new KernelError("no-device", "this is no WebGPU device");
  return recording.owner as GPUDevice;
}
