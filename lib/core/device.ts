import { cpu } from '../../kernels/cpu/index.js';
import type { Kernels } from '../../kernels/types.js';
import { DeviceError } from './errors.js';

/** Where a tensor lives. */
export type Device = 'cpu' | 'webgpu';

const devices = new Map<Device, Kernels>([['cpu', cpu]]);
/** The CPU's kernels stand apart: every small operation asks for them. */
let ofCpu: Kernels = cpu;

/** Makes a device known; `tg.webgpu()` does it once the GPU is there. */
export function addDevice(device: Device, kernels: Kernels): void {
  devices.set(device, kernels);
  if (device === 'cpu') ofCpu = kernels;
}

/** The devices that are there. */
export function knownDevices(): Device[] {
  return [...devices.keys()];
}

/** The kernels of a device; says what to do where it is not there. */
export function kernelsOf(device: Device): Kernels {
  if (device === 'cpu') return ofCpu;
  const kernels = devices.get(device);
  if (kernels !== undefined) return kernels;
  const hint = device === 'webgpu' ? 'call `await tg.webgpu()` first' : `known: ${[...devices.keys()].join(', ')}`;
  throw new DeviceError(`device ${device} is not available; ${hint}`);
}
