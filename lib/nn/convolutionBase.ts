import { ValueError } from '../core/errors.js';
import { type Size, spread } from '../ops/shape/window.js';
import { named } from './arguments.js';
import { fans, kaimingUniform_, uniform_ } from './init.js';
import { type Placement, parameter, showOptions } from './layer.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** What lies beyond the input's edge. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Arguments of `Conv1d`, `Conv2d`, `Conv3d` and their transposed forms. */
export interface ConvolutionOptions extends Placement {
  inChannels: number;
  outChannels: number;
  kernelSize: Size;
  /** 1 unless given. */
  stride?: Size;
  /** Added on both sides, 0 unless given; 'same' keeps the sizes and needs stride 1, 'valid' adds nothing. */
  padding?: Size | 'same' | 'valid';
  /** Elements added after each dimension of a transposed convolution's result. */
  outputPadding?: Size;
  /** Steps between the elements of a kernel, 1 unless given. */
  dilation?: Size;
  /** Groups of channels that do not see each other, 1 unless given. */
  groups?: number;
  /** Add a learned number for each output channel; true unless given. */
  bias?: boolean;
  /** What the padding holds, 'zeros' unless given. */
  paddingMode?: PaddingMode;
}

const modes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

function checkGroups(name: string, { inChannels, outChannels, groups }: Required<ConvolutionOptions>): void {
  for (const [what, channels] of Object.entries({ inChannels, outChannels })) {
    if (channels % groups !== 0) {
      throw new ValueError(`${name}: ${what} ${channels} cannot be dealt to ${groups} groups; it must be a multiple`);
    }
  }
}

/** What the convolution layers share: options, parameters and how they print. */
export abstract class ConvolutionLayer extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly outputPadding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  /** (out, in / groups, kernel...); for transposed ones (in, out / groups, kernel...). */
  weight: Parameter;
  bias: Parameter | null;

  constructor(signature: string, rank: number, transposed: boolean, args: readonly unknown[]) {
    super();
    const options = named<ConvolutionOptions>(signature, args);
    const name = signature.slice(0, signature.indexOf('('));
    const sizes = (what: 'kernelSize' | 'stride' | 'padding' | 'dilation' | 'outputPadding', least: number): number[] =>
      spread(name, what, options[what] ?? 0, rank, least);
    checkGroups(name, options);
    const allowed = transposed ? ['zeros'] : modes;
    if (!allowed.includes(options.paddingMode)) {
      throw new ValueError(`${name}: unknown paddingMode '${options.paddingMode}'; use one of ${allowed.join(', ')}`);
    }
    this.inChannels = options.inChannels;
    this.outChannels = options.outChannels;
    this.kernelSize = sizes('kernelSize', 1);
    this.stride = sizes('stride', 1);
    this.dilation = sizes('dilation', 1);
    this.outputPadding = sizes('outputPadding', 0);
    this.padding = padding(name, options.padding, this.stride) ?? sizes('padding', 0);
    this.groups = options.groups;
    this.paddingMode = options.paddingMode;
    const [first, second] = transposed
      ? [this.inChannels, this.outChannels / this.groups]
      : [this.outChannels, this.inChannels / this.groups];
    this.weight = parameter([first, second, ...this.kernelSize], options);
    this.bias = options.bias ? parameter([this.outChannels], options) : null;
    this.resetParameters();
  }

  /** Draws the parameters anew: uniform within +-1 / sqrt(inputs of one output). */
  resetParameters(): void {
    kaimingUniform_(this.weight, Math.sqrt(5));
    const { fanIn } = fans(this.constructor.name, this.weight);
    const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
    if (this.bias !== null) uniform_(this.bias, -bound, bound);
  }

  override extraRepr(): string {
    const { kernelSize, stride, dilation, outputPadding, groups, paddingMode } = this;
    const some = (sizes: readonly number[], usual: number): readonly number[] | null =>
      sizes.some((n) => n !== usual) ? sizes : null;
    const options = {
      kernelSize,
      stride,
      padding: typeof this.padding === 'string' ? this.padding : some(this.padding, 0),
      outputPadding: some(outputPadding, 0),
      dilation: some(dilation, 1),
      groups: groups === 1 ? null : groups,
      bias: this.bias === null ? false : null,
      paddingMode: paddingMode === 'zeros' ? null : paddingMode,
    };
    return `${this.inChannels}, ${this.outChannels}, ${showOptions(options)}`;
  }
}

/** Padding given by a word, checked; null where it is given by numbers. */
function padding(name: string, given: Size | string, stride: readonly number[]): 'same' | 'valid' | null {
  if (typeof given !== 'string') return null;
  if (given !== 'same' && given !== 'valid') {
    throw new ValueError(`${name}: unknown padding '${given}'; use 'same', 'valid' or numbers`);
  }
  if (given === 'same' && stride.some((step) => step !== 1)) {
    throw new ValueError(`${name}: padding 'same' needs stride 1, got (${stride.join(', ')})`);
  }
  return given;
}
