import { count } from '../kernels/view.js';
import { type Device, kernelsOf } from './core/device.js';
import { ArgumentError, ValueError } from './core/errors.js';
import { emptyTensor, type Tensor } from './core/tensor.js';

/** Where a generator stands: the key of its stream, and how many blocks of four words were taken. */
export type GeneratorState = { readonly seed: bigint; readonly offset: bigint };

/** Words of the philox counter per block. */
const block = 4;

function checkSeed(name: string, seed: number | bigint): bigint {
  if (typeof seed === 'bigint') return BigInt.asUintN(64, seed);
  if (!Number.isSafeInteger(seed)) throw new ValueError(`${name}: the seed must be an integer, got ${String(seed)}`);
  return BigInt.asUintN(64, BigInt(seed));
}

function freshSeed(): bigint {
  const [high, low] = globalThis.crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high) << 32n) | BigInt(low);
}

/**
 * A stream of random numbers of its own: counter-based (Philox4x32-10, Salmon et al. 2011), so that the same seed gives the same
 * words on every device. PyTorch: torch.Generator.
 * @example
 * const g = new tg.Generator().manualSeed(7);
 * tg.randint(0, 10, [3], { generator: g }).shape // => [ 3 ]
 */
export class Generator {
  #seed: bigint;
  #offset: bigint;

  /** A new stream with a seed from the system, until `manualSeed` sets one. */
  constructor() {
    this.#seed = freshSeed();
    this.#offset = 0n;
  }

  /** Starts the stream of a seed (an integer; negative ones wrap to 64 bits). Returns the generator. */
  manualSeed(seed: number | bigint): this {
    this.#seed = checkSeed('manualSeed', seed);
    this.#offset = 0n;
    return this;
  }

  /** Starts a stream with a seed from the system and returns it. */
  seed(): bigint {
    this.#seed = freshSeed();
    this.#offset = 0n;
    return this.#seed;
  }

  /** The seed of the stream. */
  initialSeed(): bigint {
    return this.#seed;
  }

  /** Where the stream stands; `setState` goes on from there. */
  getState(): GeneratorState {
    return { seed: this.#seed, offset: this.#offset };
  }

  /** Goes on where a state was taken. Returns the generator. */
  setState(state: GeneratorState): this {
    if (typeof state?.seed !== 'bigint' || typeof state.offset !== 'bigint' || state.offset < 0n) {
      throw new ArgumentError('setState: expected a state from getState, { seed, offset } with two BigInts');
    }
    this.#seed = BigInt.asUintN(64, state.seed);
    this.#offset = state.offset;
    return this;
  }

  /** The state by value, for `tg.save`. */
  stateDict(): GeneratorState {
    return this.getState();
  }

  /** Goes on where `stateDict` was taken. */
  loadStateDict(state: GeneratorState): this {
    return this.setState(state);
  }

  /** The next words of the stream as an int32 tensor; the stream moves on by whole blocks of four. */
  words(shape: readonly number[], device: Device): Tensor {
    const x = emptyTensor(shape, 'int32', device);
    const n = count(shape);
    if (n > 0) kernelsOf(device).philox(x, this.#seed, this.#offset);
    this.#offset += BigInt(Math.ceil(n / block));
    return x;
  }
}

/** The stream that is used where no generator is given. */
export const defaultGenerator: Generator = new Generator();

/**
 * Seeds the default generator, and returns it. PyTorch: torch.manual_seed.
 * @example
 * tg.manualSeed(0).initialSeed() // => 0n
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** Seeds the default generator from the system and returns the seed. PyTorch: torch.seed. */
export function seed(): bigint {
  return defaultGenerator.seed();
}

/** The default generator's seed. PyTorch: torch.initial_seed. */
export function initialSeed(): bigint {
  return defaultGenerator.initialSeed();
}

/** Where the default generator stands. PyTorch: torch.get_rng_state. */
export function getRngState(): GeneratorState {
  return defaultGenerator.getState();
}

/** Puts the default generator where a state was taken. PyTorch: torch.set_rng_state. */
export function setRngState(state: GeneratorState): void {
  defaultGenerator.setState(state);
}
