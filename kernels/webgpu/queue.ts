import type { Gpu } from './device.js';
import type { Handle } from './pool.js';

/** Compiled code, and which of its buffers it writes. */
export interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: BindingLayout;
}

interface BindingLayout {
  readonly id: number;
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

// Web IDL's constants, which Node's package does not put on the global object.
const [mapRead, copySource, copyTarget, uniform, storage, compute] = [0x1, 0x4, 0x8, 0x40, 0x80, 0x4] as const;

/** Bytes of parameters that one batch may hold, and that one dispatch may see. */
const parameterBytes = 256 * 1024;
const parameterWindow = 4096;
/** A batch is submitted after so many dispatches, so that the GPU starts while more are recorded. */
const batchDispatches = 128;
/** Batches that may be under way before the next one waits: unbounded, staging memory would grow without end. */
const batchesAhead = 16;
const groupsKept = 4096;
const stagingKept = 4;

/**
 * Records dispatches into one open pass and submits them in batches. Parameters are written beside, all of a batch in one go, and
 * reach the shader as a window of a uniform buffer: `reserve` words, fill them in `ints`, `floats`, then `run`.
 */
export class Queue {
  readonly #gpu: Gpu;
  readonly #device: GPUDevice;
  readonly #parameters: Handle;
  readonly #parameterLayout: GPUBindGroupLayout;
  readonly #parameterGroup: GPUBindGroup;
  readonly #layouts: Map<number, BindingLayout> = new Map();
  readonly #groups: Map<string, GPUBindGroup> = new Map();
  readonly #step: number;
  readonly #staging: GPUBuffer[] = [];
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #used = 0;
  #dispatches = 0;
  #batch = 0;
  #waitedAt = 0;
  #failure: string | null = null;

  constructor(gpu: Gpu) {
    const { device } = gpu;
    this.#gpu = gpu;
    this.#device = device;
    this.ints = new Int32Array(parameterBytes / 4);
    this.floats = new Float32Array(this.ints.buffer);
    this.#step = device.limits.minUniformBufferOffsetAlignment;
    const size = parameterBytes + parameterWindow;
    const buffer = device.createBuffer({ size, usage: uniform | copySource | copyTarget });
    this.#parameters = { buffer, byteLength: size, id: -1, batch: -1 };
    this.#parameterLayout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: compute, buffer: { type: 'uniform', hasDynamicOffset: true } }],
    });
    this.#parameterGroup = device.createBindGroup({
      layout: this.#parameterLayout,
      entries: [{ binding: 0, resource: { buffer, size: parameterWindow } }],
    });
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.#failure ??= event.error.message;
    });
    device.lost.then(({ message }) => {
      this.#failure ??= `the device was lost: ${message}`;
    });
  }

  /** Bytes of the largest buffer that a kernel can take. */
  get largestBuffer(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4) * 4;
  }

  /** Memory for tensors. Throws where there is none. */
  createBuffer(byteLength: number): GPUBuffer {
    const buffer = this.#device.createBuffer({ size: byteLength, usage: storage | copySource | copyTarget });
    this.#check();
    return buffer;
  }

  /** Compiles WGSL whose group 0 holds one storage buffer per entry of `writes`, and group 1 the parameters. */
  compile(code: string, writes: readonly boolean[]): Program {
    const most = this.#device.limits.maxStorageBuffersPerShaderStage;
    if (writes.length > most)
      throw new RangeError(`webgpu: a kernel over ${writes.length} buffers; this device takes ${most} at once`);
    const layout = this.#layout(writes);
    const module = this.#device.createShaderModule({ code });
    const pipeline = this.#device.createComputePipeline({
      layout: layout.pipeline,
      compute: { module, entryPoint: 'main' },
    });
    this.#check();
    return { pipeline, layout };
  }

  /** Room for the parameters of the next dispatch: the index of the first word. */
  reserve(words: number): number {
    if (this.#used + words * 4 > parameterBytes) this.flush();
    const at = this.#used;
    this.#used = Math.ceil((at + words * 4) / this.#step) * this.#step;
    return at / 4;
  }

  /** Records a dispatch with parameters that stand at `at`. */
  run(program: Program, handles: readonly Handle[], at: number, x: number, y: number, z: number): void {
    const group = this.#group(program.layout, handles);
    const pass = (this.#pass ??= this.#recorder().beginComputePass());
    pass.setPipeline(program.pipeline);
    pass.setBindGroup(0, group);
    pass.setBindGroup(1, this.#parameterGroup, [at * 4]);
    pass.dispatchWorkgroups(x, y, z);
    for (const handle of handles) handle.batch = this.#batch;
    if (++this.#dispatches >= batchDispatches) this.flush();
  }

  /** Submits what has been recorded. */
  flush(): void {
    const bytes = this.#used;
    this.#used = 0;
    if (this.#encoder === null) return;
    this.#pass?.end();
    if (bytes > 0) this.#device.queue.writeBuffer(this.#parameters.buffer, 0, this.ints.buffer, 0, bytes);
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#pass = null;
    this.#dispatches = 0;
    this.#batch++;
    this.#check();
    if (this.#batch - this.#waitedAt < batchesAhead || this.#gpu.wait === null) return;
    this.#waitedAt = this.#batch;
    this.read(this.#parameters, 0, 4, () => {});
  }

  /** Writes bytes at once; recorded commands that use the buffer go first. */
  write(handle: Handle, byteOffset: number, data: ArrayBufferView<ArrayBuffer>): void {
    if (handle.batch === this.#batch) this.flush();
    this.#device.queue.writeBuffer(handle.buffer, byteOffset, data.buffer, data.byteOffset, data.byteLength);
    this.#check();
  }

  /** Waits for bytes of a buffer and hands them to `take`, valid during that call only. */
  read<T>(handle: Handle, byteOffset: number, byteLength: number, take: (bytes: ArrayBuffer) => T): T {
    if (this.#gpu.wait === null) {
      throw new Error(
        'webgpu: this thread cannot wait for the GPU; use the Async twin of this call (readAsync, itemAsync, ...)',
      );
    }
    const staging = this.#copyOut(handle, byteOffset, byteLength);
    return this.#wait(byteLength, take, staging);
  }

  /** The same without waiting. */
  async readAsync<T>(
    handle: Handle,
    byteOffset: number,
    byteLength: number,
    take: (bytes: ArrayBuffer) => T,
  ): Promise<T> {
    const staging = this.#copyOut(handle, byteOffset, byteLength);
    await staging.mapAsync(mapRead, 0, byteLength);
    return this.#takeOut(staging, byteLength, take);
  }

  #recorder(): GPUCommandEncoder {
    return (this.#encoder ??= this.#device.createCommandEncoder());
  }

  #layout(writes: readonly boolean[]): BindingLayout {
    const key = writes.reduce((bits, write) => bits * 2 + Number(write), 1);
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const group = this.#device.createBindGroupLayout({
        entries: writes.map((write, binding) => ({
          binding,
          visibility: compute,
          buffer: { type: write ? 'storage' : 'read-only-storage' },
        })),
      });
      const pipeline = this.#device.createPipelineLayout({ bindGroupLayouts: [group, this.#parameterLayout] });
      layout = { id: this.#layouts.size, group, pipeline };
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  #group(layout: BindingLayout, handles: readonly Handle[]): GPUBindGroup {
    let key = `${layout.id}`;
    for (const handle of handles) key += `,${handle.id}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= groupsKept) this.#groups.clear();
      group = this.#device.createBindGroup({
        layout: layout.group,
        entries: handles.map(({ buffer }, binding) => ({ binding, resource: { buffer } })),
      });
      this.#groups.set(key, group);
    }
    return group;
  }

  #copyOut(handle: Handle, byteOffset: number, byteLength: number): GPUBuffer {
    this.#pass?.end();
    this.#pass = null;
    const fitting = this.#staging.findIndex((buffer) => buffer.size >= byteLength);
    const staging =
      fitting >= 0
        ? this.#staging.splice(fitting, 1)[0]
        : this.#device.createBuffer({
            size: 2 ** Math.ceil(Math.log2(Math.max(byteLength, 4096))),
            usage: mapRead | copyTarget,
          });
    this.#recorder().copyBufferToBuffer(handle.buffer, byteOffset, staging, 0, byteLength);
    this.flush();
    return staging;
  }

  #wait<T>(byteLength: number, take: (bytes: ArrayBuffer) => T, staging: GPUBuffer): T {
    let refusal: unknown = null;
    staging.mapAsync(mapRead, 0, byteLength).catch((error: unknown) => {
      refusal = error;
    });
    this.#gpu.wait!(() => staging.mapState !== 'pending');
    if (staging.mapState !== 'mapped') {
      this.#check();
      throw new Error('webgpu: reading from the GPU failed', { cause: refusal });
    }
    return this.#takeOut(staging, byteLength, take);
  }

  #takeOut<T>(staging: GPUBuffer, byteLength: number, take: (bytes: ArrayBuffer) => T): T {
    const result = take(staging.getMappedRange(0, byteLength));
    staging.unmap();
    if (this.#staging.length < stagingKept) this.#staging.push(staging);
    else staging.destroy();
    this.#waitedAt = this.#batch;
    this.#check();
    return result;
  }

  /** Errors arrive beside the calls that caused them: in Node at once, in a browser some time later. */
  #check(): void {
    if (this.#failure === null) return;
    const message = this.#failure;
    this.#failure = null;
    throw new Error(`webgpu: ${message}`);
  }
}
