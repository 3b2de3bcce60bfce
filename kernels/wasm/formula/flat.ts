import { compile } from '../../cpu/source.js';
import type { Operand, View } from '../../types.js';
import type { Heap } from '../heap.js';
import { type Code, type Kind, shortTurn, turn } from './formula.js';
import type { Lanes } from './lowerings.js';

/**
 * A launch on operands that lie one after another: elements, then one output and one or two inputs. More operands come as two lists, outputs and
 * inputs: to spread them costs as much as a small kernel.
 */
export type FlatKernel = {
  (n: number, output: Operand, a?: Operand, b?: Operand): void;
  (n: number, outputs: readonly View[], inputs: readonly Operand[]): void;
};

const areFew = (outputs: number, inputs: number): boolean => outputs === 1 && inputs <= 2;

/** The parameters of a `FlatKernel`'s text, and what gives the operands the names o0, ..., a0, ... first. */
export function flatParameters(outputs: number, inputs: number): { parameters: string; names: string } {
  const name = (letter: string, count: number): string[] => Array.from({ length: count }, (_, k) => `${letter}${k}`);
  if (areFew(outputs, inputs))
    return { parameters: ['n', ...name('o', 1), ...name('a', inputs)].join(', '), names: '' };
  const taken = [...name('o', outputs), ...name('a', inputs)].map((x) => `${x} = ${x[0]}[${x.slice(1)}]`);
  return { parameters: 'n, o, a', names: `const ${taken.join(', ')};` };
}

/** Runs a kernel that may be of either form. */
export function runFlat(kernel: FlatKernel, n: number, outputs: readonly View[], inputs: readonly Operand[]): void {
  if (areFew(outputs.length, inputs.length)) kernel(n, outputs[0], inputs[0], inputs[1]);
  else kernel(n, outputs, inputs);
}

/** Where the operands of a formula are staged. */
export interface Staging {
  readonly lanes: Lanes;
  readonly inputs: readonly Kind[];
  readonly outputs: readonly Kind[];
  /** Addresses, outputs first; 0 where the operand is one number or not read. */
  readonly places: readonly number[];
  /** Bytes of all places. */
  readonly bytes: number;
  /** Elements that a place holds. */
  readonly tile: number;
}

/** Computes the elements of a tile again, one at a time, given the numbers among the inputs. */
export type Redo = (size: number, numbers: readonly number[]) => void;

/** Typed arrays over the heap for a kind of operand, and what an address there counts. */
export function arrayOf(heap: Heap, lanes: Lanes, kind: Kind): { array: Float64Array; bytes: number } {
  const array = kind === 'bytes' ? heap.u8 : { float32: heap.f32, float64: heap.f64, int32: heap.i32 }[lanes.dtype];
  return { array: array as unknown as Float64Array, bytes: kind === 'bytes' ? 1 : lanes.bytes };
}

/** From this length on the platform's copy is faster than a loop. */
const longRun = 48;

/**
 * The launch as a text of its own for each kind of operands, so that the engine sees one type of array at each place: small ones are
 * copied by loops, larger ones in tiles by the platform.
 */
export function flatKernel(
  heap: Heap,
  code: Code,
  { lanes, inputs, outputs, places, tile }: Staging,
  redo: Redo,
): FlatKernel {
  const size = lanes.bytes;
  const array = (kind: Kind): string => (kind === 'bytes' ? 'B' : 'E');
  const index = (k: number, kind: Kind): number => (kind === 'bytes' ? places[k] : places[k] / lanes.bytes);
  // Elements to whose multiples they are padded, and the bytes of all.
  const [most, few] = [turn / size, shortTurn / size];
  const turned = (n: string): string => (code.takesFew ? `(${n} < ${most} ? ${few} : ${most})` : `${most}`);
  const padded = (n: string): string => `${size} * (${n} + (${turned(n)} - 1) & -${turned(n)})`;
  const { parameters, names } = flatParameters(outputs.length, inputs.length);
  const head: string[] = outputs.map((_, k) => `const O${k} = o${k}.buffer, P${k} = o${k}.offset;`);
  const [inLoop, inTile, outLoop, outTile]: string[][] = [[], [], [], []];
  const values = inputs.map((kind, k) => {
    const place = outputs.length + k;
    if (kind === 'one') {
      head.push(`const x${k} = typeof a${k} === 'number' ? a${k} : a${k}.buffer[a${k}.offset];`);
      return `x${k}`;
    }
    if (places[place] !== 0) {
      const [to, at] = [array(kind), index(place, kind)];
      head.push(`const A${k} = a${k}.buffer, Q${k} = a${k}.offset;`);
      // No argument that makes operations give up or take longer may be left from another launch.
      const pad = (n: string): string =>
        code.doubtful || code.choosy
          ? `for (let i = ${n}; i % ${turned(n)} !== 0; i++) ${to}[${at} + i] = ${to}[${at} + ${n} - 1];`
          : '';
      inLoop.push(`for (let i = 0; i < n; i++) ${to}[${at} + i] = A${k}[Q${k} + i]; ${pad('n')}`);
      // A window costs twice the copy itself where that is small.
      const part = `A${k}.length === m ? A${k} : A${k}.subarray(Q${k} + s, Q${k} + s + m)`;
      inTile.push(`${to}.set(${part}, ${at}); ${pad('m')}`);
    }
    return String(places[place]);
  });
  outputs.forEach((kind, k) => {
    const [from, at] = [array(kind), index(k, kind)];
    outLoop.push(`for (let i = 0; i < n; i++) O${k}[P${k} + i] = ${from}[${at} + i];`);
    outTile.push(`O${k}.set(${from}.subarray(${at}, ${at} + m), P${k} + s);`);
  });
  const numbers = inputs.map((kind, k) => (kind === 'one' ? `x${k}` : '0'));
  const call = (n: string): string => {
    const run = `run(${[padded(n), ...outputs.map((_, k) => places[k]), ...values].join(', ')})`;
    return code.doubtful ? `if (${run} !== 0) redo(${n}, [${numbers.join(', ')}]);` : `${run};`;
  };
  const elements = { float32: 'f32', float64: 'f64', int32: 'i32' }[lanes.dtype];
  const text = `(heap, run, redo) => (${parameters}) => {
    ${names}
    const E = heap.${elements}, B = heap.u8;
    ${head.join(' ')}
    if (n < ${Math.min(longRun, tile + 1)}) { ${inLoop.join(' ')} ${call('n')} ${outLoop.join(' ')} return; }
    for (let s = 0; s < n; s += ${tile}) {
      const m = n - s < ${tile} ? n - s : ${tile};
      ${inTile.join(' ')} ${call('m')} ${outTile.join(' ')}
    }
  }`;
  return compile<(heap: Heap, run: Code['run'], redo: Redo) => FlatKernel>(text)(heap, code.run, redo);
}
