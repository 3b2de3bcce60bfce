/** A device, and how to wait for it without leaving the call stack: null where that is impossible. */
export interface Gpu {
  readonly device: GPUDevice;
  /** What the adapter says of itself, for people. */
  readonly description: string;
  readonly wait: ((done: () => boolean) => void) | null;
}

/** The global object of Node itself: inside jest or a vm context `globalThis` is another one. */
interface Realm {
  setImmediate: (callback: () => void) => unknown;
  [key: symbol]: Native | undefined;
}

/** What Node's `webgpu` package gave: the entry object and the function that makes it look for finished work. */
interface Native {
  readonly gpu: GPU;
  pump: (() => void) | null;
}

/** The entry object crashes the process when it is collected while a device lives, so the realm keeps it, for every copy of this file. */
const key = Symbol.for('tapegrad.webgpu');

/** A variable, or bundlers for browsers would try to pack it. */
const nodePackage: string = 'webgpu';

/** Limits that decide how large a tensor may be and how many one kernel may take. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'minUniformBufferOffsetAlignment',
] as const;

function nodeRealm(): Realm | null {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return null;
  return process.getBuiltinModule('node:vm').runInThisContext('globalThis') as Realm;
}

async function nativeOf(realm: Realm): Promise<Native> {
  const known = realm[key];
  if (known !== undefined) return known;
  let create: (flags: string[]) => GPU;
  try {
    ({ create } = await import(/* @vite-ignore */ nodePackage));
  } catch (cause) {
    throw new Error('webgpu: this Node has no WebGPU of its own; run `npm install webgpu`', { cause });
  }
  return (realm[key] ??= { gpu: create([]), pump: null });
}

/** Runs a request and keeps the function that the addon hands to `setImmediate` meanwhile: calling it is how its events get through. */
function catchPump<T>(realm: Realm, native: Native, request: () => T): T {
  const { setImmediate } = realm;
  realm.setImmediate = (callback) => {
    native.pump = callback;
    return setImmediate(callback);
  };
  try {
    return request();
  } finally {
    realm.setImmediate = setImmediate;
  }
}

/** The addon asks for its next turn whenever it is pumped; that wish is held back while waiting and granted once at the end. */
function waiter(realm: Realm, pump: () => void): (done: () => boolean) => void {
  return (done) => {
    const { setImmediate } = realm;
    let wanted = false;
    realm.setImmediate = () => {
      wanted = true;
      return {};
    };
    try {
      while (!done()) pump();
    } finally {
      realm.setImmediate = setImmediate;
      if (wanted) setImmediate(pump);
    }
  };
}

/**
 * A GPU device with the adapter's own limits: from `navigator.gpu` where there is one, else from npm `webgpu`.
 * Throws where the package is missing and where it finds no GPU.
 */
export async function requestDevice(): Promise<Gpu> {
  const offered = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  const realm = offered === undefined ? nodeRealm() : null;
  if (offered === undefined && realm === null) throw new Error('webgpu: this browser has no navigator.gpu');
  const native = realm === null ? null : await nativeOf(realm);
  const adapter = await (offered ?? native!.gpu).requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new Error('webgpu: no adapter found; the GPU needs a driver that WebGPU can use (on Linux a Vulkan one)');
  }
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  const request = (): Promise<GPUDevice> => adapter.requestDevice({ requiredLimits });
  const device = await (realm !== null && native !== null ? catchPump(realm, native, request) : request());
  const { vendor, architecture, device: model, description } = adapter.info;
  return {
    device,
    description: [vendor, architecture, model, description].filter((part) => part !== '').join(', '),
    wait: realm !== null && native?.pump ? waiter(realm, native.pump) : null,
  };
}
