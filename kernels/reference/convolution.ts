import type { Convolution, View } from '../types.js';
import { contiguousStrides, count, positions } from '../view.js';
import { arithmetic, converter, reader } from './access.js';
import { type Element, setElement } from './element.js';

/** The operands of a convolution: any of them may be the one that is computed. */
interface Operands {
  readonly output: View;
  readonly input: View;
  readonly weight: View;
}

/** Visits the positions of every three elements that meet: output element, input element, weight element. */
function eachTap(operands: Operands, options: Convolution, visit: (o: number, i: number, w: number) => void): void {
  const { output, input, weight } = operands;
  const rank = options.stride.length;
  const outputsPerGroup = weight.shape[0] / options.groups;
  const inputsPerGroup = weight.shape[1];

  function walk(d: number, o: number, i: number, w: number): void {
    if (d === rank) {
      visit(o, i, w);
      return;
    }
    for (let x = 0; x < output.shape[d + 2]; x++) {
      for (let tap = 0; tap < weight.shape[d + 2]; tap++) {
        const at = x * options.stride[d] + tap * options.dilation[d] - options.padding[d];
        if (at < 0 || at >= input.shape[d + 2]) continue;
        walk(d + 1, o + x * output.strides[d + 2], i + at * input.strides[d + 2], w + tap * weight.strides[d + 2]);
      }
    }
  }

  for (let image = 0; image < output.shape[0]; image++) {
    for (let channel = 0; channel < output.shape[1]; channel++) {
      const group = Math.floor(channel / outputsPerGroup);
      for (let within = 0; within < inputsPerGroup; within++) {
        walk(
          0,
          output.offset + image * output.strides[0] + channel * output.strides[1],
          input.offset + image * input.strides[0] + (group * inputsPerGroup + within) * input.strides[1],
          weight.offset + channel * weight.strides[0] + within * weight.strides[1],
        );
      }
    }
  }
}

/** Sums of products for a view, as if it lay row-major from 0 on. */
class Sums {
  readonly view: View;
  readonly #target: View;
  readonly #sums: Element[];
  readonly #convert: (value: Element) => Element;

  constructor(target: View) {
    this.#target = target;
    const { buffer, shape, dtype } = target;
    this.view = { buffer, offset: 0, shape, strides: contiguousStrides(shape), dtype };
    this.#convert = converter(target.dtype);
    this.#sums = new Array<Element>(count(target.shape)).fill(this.#convert(0));
  }

  /** Adds the products of two operands to the sums; `visit` is for `eachTap`, with the positions in that order. */
  adder(a: View, b: View): (sum: number, a: number, b: number) => void {
    const { add, multiply } = arithmetic(this.#target.dtype);
    const [readA, readB] = [reader(a), reader(b)];
    const sums = this.#sums;
    const convert = this.#convert;
    return (sum, i, j) => {
      sums[sum] = add(sums[sum], multiply(convert(readA(i)), convert(readB(j))));
    };
  }

  /** Adds a number to each of the sums of a channel. */
  addBias(bias: View): void {
    const { add } = arithmetic(this.#target.dtype);
    const [read, at] = [reader(bias), positions(bias)];
    const plane = count(this.#target.shape.slice(2));
    this.#sums.forEach((sum, i) => {
      this.#sums[i] = add(sum, this.#convert(read(at[Math.floor(i / plane) % at.length])));
    });
  }

  store(): void {
    const target = this.#target;
    positions(target).forEach((at, i) => {
      setElement(target, at, this.#sums[i]);
    });
  }
}

/** `Kernels.convolution`: every output element is the sum over its taps, and its channel's bias. */
export function convolution(output: View, input: View, weight: View, options: Convolution, bias?: View): void {
  const sums = new Sums(output);
  const add = sums.adder(input, weight);
  eachTap({ output: sums.view, input, weight }, options, add);
  if (bias) sums.addBias(bias);
  sums.store();
}

/** `Kernels.convolutionInput`: the same taps, summed for the input. */
export function convolutionInput(output: View, gradient: View, weight: View, options: Convolution, bias?: View): void {
  const sums = new Sums(output);
  const add = sums.adder(gradient, weight);
  eachTap({ output: gradient, input: sums.view, weight }, options, (o, i, w) => add(i, o, w));
  if (bias) sums.addBias(bias);
  sums.store();
}

/** `Kernels.convolutionWeight`: the same taps, summed for the weight. */
export function convolutionWeight(output: View, gradient: View, input: View, options: Convolution): void {
  const sums = new Sums(output);
  const add = sums.adder(gradient, input);
  eachTap({ output: gradient, input, weight: sums.view }, options, (o, i, w) => add(w, o, i));
  sums.store();
}
