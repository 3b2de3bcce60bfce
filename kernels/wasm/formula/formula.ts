import type { Formula, GraphNode } from '../../dag.js';
import { operations, type ScalarName } from '../../scalar.js';
import {
  select as choose,
  type Expression,
  FunctionBuilder,
  i32,
  type Local,
  lane,
  load,
  ModuleBuilder,
  op,
  plus,
  type ValueType,
  v128,
} from '../assembler.js';
import type { Heap } from '../heap.js';
import { select, type Vector, Vectors } from '../vectors.js';
import type { Lanes, Lowering } from './lowerings.js';

/** How an operand comes: elements of the lanes' type, bytes of truth values, or one number for all of them. */
export type Kind = 'elements' | 'bytes' | 'one';

/** Bytes of elements to whose multiples tiles are padded: whole turns of every loop, so that none has a tail. */
export const turn = 64;

/** The same for fewer elements than one turn, where a formula takes them a vector at a time. */
export const shortTurn = 16;

/** Vectors that the engine keeps in registers. */
const registers = 16;

/** Bytes of elements that are computed again together when arguments among them are rare. */
const block = 1024;

/**
 * A formula on a tile: bytes of the padded elements, then where outputs and inputs lie, or the numbers themselves. Not zero: some lane
 * was out of reach of an operation, and the results do not count.
 */
export type Run = (bytes: number, ...places: number[]) => number;

/** A compiled formula. */
export interface Code {
  readonly run: Run;
  /** Whether fewer elements than one turn are padded to a `shortTurn` only. */
  readonly takesFew: boolean;
  /** Whether `run` may give up. */
  readonly doubtful: boolean;
  /** Whether `run` takes longer where some arguments are rare. */
  readonly choosy: boolean;
}

/** Bytes to whose multiples elements of so many bytes are padded. */
export function turnOf({ takesFew }: Code, bytes: number): number {
  return takesFew && bytes < turn ? shortTurn : turn;
}

const isAct = (n: GraphNode): boolean => n.name !== 'input' && n.name !== 'const';
const isCostly = (n: GraphNode): boolean => isAct(n) && operations[n.name as ScalarName].costly === true;

/** Whether every operation of a formula has a lowering, its constants survive, and it is not too long. */
export function isPossible(f: Formula, { lowerings, holds, longest }: Lanes): boolean {
  if (f.nodes.filter(isAct).length > longest) return false;
  return f.nodes.every((n) =>
    isAct(n) ? lowerings[n.name as ScalarName] !== undefined : n.name === 'input' || holds(n.value),
  );
}

/** Whether JavaScript, which computes in float64 and rounds once, comes to the same bits. */
export function isExact(f: Formula, { dtype }: Lanes): boolean {
  return dtype !== 'float32' || f.nodes.filter(isAct).length <= 1;
}

/** Whether a formula has operations that every implementation rounds in its own way. */
export function isTranscendental(f: Formula): boolean {
  return f.nodes.some(isCostly);
}

/** An input's lanes, as numbers or as they were loaded. */
interface Loaded {
  readonly vector: Vector;
  readonly kind: Kind;
}

/** One vector of every output: the formula on one vector of every input. */
function writeVector(f: Formula, lanes: Lanes, v: Vectors, inputs: readonly Loaded[]): Vector[] {
  const values = new Map<GraphNode, Vector>();
  const valueOf = (n: GraphNode): Vector => {
    let value = values.get(n);
    if (value === undefined) {
      value = n.name === 'const' ? lanes.constant(v, n.value) : numbersOf(inputs[n.value]);
      values.set(n, value);
    }
    return value;
  };
  const numbersOf = ({ vector, kind }: Loaded): Vector => (kind === 'bytes' ? v.keep(lanes.fromBytes(vector)) : vector);
  for (const n of f.nodes) {
    if (!isAct(n)) continue;
    const lower = lanes.lowerings[n.name as ScalarName] as Lowering;
    values.set(n, v.keep(lower(v, ...n.arguments.map(valueOf))));
  }
  return f.outputs.map(valueOf);
}

/** What an output stores: numbers out of truth values or the other way round, where its kind wants it. */
function stored(n: GraphNode, kind: Kind, lanes: Lanes, v: Vectors, value: Vector): Vector {
  if (kind === 'bytes') return lanes.toBytes(v, n.truth ? value : v.keep(lanes.isNotZero(v, value)));
  return n.truth ? select(value, lanes.constant(v, 1), lanes.constant(v, 0)) : value;
}

interface Operands {
  readonly inputs: readonly Kind[];
  readonly outputs: readonly Kind[];
}

/** One turn's vector at `step`, read from and written to places. */
class Step {
  private readonly lanes: Lanes;
  private readonly b: FunctionBuilder;

  constructor(lanes: Lanes, b: FunctionBuilder) {
    this.lanes = lanes;
    this.b = b;
  }

  load(kind: Kind, place: Local<'i32'>, at: Expression<'i32'>, byteAt: Expression<'i32'>, step: number): Vector {
    if (kind === 'elements') return load('v128.load', plus(place, at), step);
    const bytes = step / this.lanes.bytes;
    return load(this.lanes.bytes === 4 ? 'v128.load32_zero' : 'v128.load16_splat', plus(place, byteAt), bytes);
  }

  store(
    kind: Kind,
    place: Local<'i32'>,
    at: Expression<'i32'>,
    byteAt: Expression<'i32'>,
    step: number,
    x: Vector,
  ): void {
    if (kind === 'elements') return this.b.store('v128.store', plus(place, at), x, step);
    const word = lane('i32x4.extract_lane', x, 0);
    const name = this.lanes.bytes === 4 ? 'i32.store' : 'i32.store16';
    this.b.store(name, plus(place, byteAt), word, step / this.lanes.bytes);
  }
}

/**
 * Writes the function's statements; gives whether some lane was out of reach, or null where none can be, and whether there is a quick
 * way. Where outputs may lie on inputs there is none: nothing can be computed again.
 */
function writeKernel(
  f: Formula,
  lanes: Lanes,
  operands: Operands,
  b: FunctionBuilder,
  given: readonly Local[],
  turnBytes: number,
  inPlace: boolean,
): { doubts: Expression<'i32'> | null; choosy: boolean } {
  const { inputs, outputs } = operands;
  const [bytes, ...places] = given as Local<'i32'>[];
  // First passes on a builder that is thrown away find the constants.
  const draft = new FunctionBuilder([]);
  const ways = inPlace ? [null] : [null, draft.local('v128')];
  const trials = ways.map((rare) => {
    const trial = new Vectors(draft, new Map(), null, rare);
    const nothing: Loaded[] = inputs.map((kind) => ({ vector: lanes.constant(trial, 0), kind }));
    const results = writeVector(f, lanes, trial, nothing);
    for (const [k, n] of f.outputs.entries()) stored(n, outputs[k], lanes, trial, results[k]);
    return trial;
  });
  const doubtful = trials.some((trial) => trial.doubtful);
  const numbers = inputs.map((kind, k) => (kind === 'one' ? b.define(lanes.splat(places[outputs.length + k])) : null));
  const doubts = b.local('v128');
  const rare = trials.some((trial) => trial.hasRare) ? b.local('v128') : null;
  const at = b.local('i32');
  const byteAt = b.local('i32');
  const step = new Step(lanes, b);
  const byTruths = [...inputs, ...outputs].includes('bytes');
  const steps = Array.from({ length: turnBytes / 16 }, (_, k) => 16 * k);
  const held = numbers.filter((x) => x !== null).length;
  // As many vectors at a time as leave room for the numbers: an optimizer's are so many that it takes one.
  const abreast = [4, 2].find((n) => held + n * (inputs.length - held) <= registers) ?? 1;
  const writeLoop = (end: Local<'i32'>, starts: readonly number[], v: Vectors): void => {
    b.count(at, end, 16 * starts.length, () => {
      if (byTruths) b.set(byteAt, op('i32.shr_u', at, i32(lanes.bytes === 4 ? 2 : 3)));
      // Loads first and stores last: between them the engine puts the vectors' operations side by side.
      for (let first = 0; first < starts.length; first += abreast) {
        const some = starts.slice(first, first + abreast);
        const loaded = some.map((s) =>
          inputs.map((kind, k): Loaded => {
            const place = places[outputs.length + k];
            if (!f.reaches[k]) return { vector: lanes.constant(v, 0), kind: 'one' };
            return { vector: numbers[k] ?? v.keep(step.load(kind, place, at, byteAt, s)), kind };
          }),
        );
        const values = loaded.map((vectors) => writeVector(f, lanes, v, vectors));
        for (const [j, s] of some.entries()) {
          for (const [k, n] of f.outputs.entries())
            step.store(outputs[k], places[k], at, byteAt, s, stored(n, outputs[k], lanes, v, values[j][k]));
        }
      }
    });
  };
  const one = steps.slice(0, 1);
  const writeAll = (): void => {
    const constants = new Map<string, Vector>();
    for (const { met } of trials) {
      for (const [key, value] of met) if (!constants.has(key)) constants.set(key, b.define(value));
    }
    const usual = new Vectors(b, constants, doubts);
    if (rare === null) return writeLoop(bytes, steps, usual);
    const end = b.local('i32');
    b.loop((again) => {
      const start = b.define(at);
      b.set(end, plus(at, i32(block)));
      b.set(end, choose(op('i32.lt_s', end, bytes), end, bytes));
      b.set(rare, v128(new Int32Array(4)));
      writeLoop(end, steps, new Vectors(b, constants, doubts, rare));
      b.when(op('v128.any_true', rare), () => {
        b.set(at, start);
        writeLoop(end, one, usual);
      });
      b.branchIf(again, op('i32.lt_s', at, bytes));
    });
  };
  // Few elements go a vector at a time, with constants where they are used: to define them all takes as long as the rest.
  const writeFew = (): void => writeLoop(bytes, one, new Vectors(b, new Map(), doubts));
  if (isTranscendental(f) && !inPlace) b.when(op('i32.lt_s', bytes, i32(turnBytes)), writeFew, writeAll);
  else writeAll();
  return { doubts: doubtful ? op('v128.any_true', doubts) : null, choosy: rare !== null };
}

/** Compiles a formula for operands of given kinds; throws where WebAssembly refuses. */
export function compileFormula(heap: Heap, f: Formula, lanes: Lanes, operands: Operands): Code {
  const module = new ModuleBuilder();
  const types: ValueType[] = [
    'i32',
    ...operands.outputs.map((): ValueType => 'i32'),
    ...operands.inputs.map((kind): ValueType => (kind === 'one' ? lanes.type : 'i32')),
  ];
  let [doubtful, choosy] = [false, false];
  module.function('run', types, 'i32', (b, parameters) => {
    const written = writeKernel(f, lanes, operands, b, parameters, turn, false);
    doubtful = written.doubts !== null;
    choosy = written.choosy;
    b.result(written.doubts ?? i32(0));
  });
  return { run: heap.compile(module).run as Run, takesFew: isTranscendental(f), doubtful, choosy };
}

/** Bytes to whose multiples rows are padded. */
const rowTurn = 32;

/**
 * A formula on rows: how many there are, the padded bytes of one, then where the first row of each output and input lies, then the
 * bytes from row to row of each.
 */
export type RunRows = (rows: number, bytes: number, ...placesAndStrides: number[]) => void;

/** Compiles a formula of elements that never gives up. */
export function compileRows(heap: Heap, f: Formula, lanes: Lanes): RunRows {
  const module = new ModuleBuilder();
  const kinds = (count: number): Kind[] => new Array<Kind>(count).fill('elements');
  const operands = { inputs: kinds(f.arity), outputs: kinds(f.outputs.length) };
  const count = f.arity + f.outputs.length;
  const words = (n: number): 'i32'[] => new Array<'i32'>(n).fill('i32');
  const row = module.function('row', words(1 + count), null, (b, parameters) => {
    writeKernel(f, lanes, operands, b, parameters, rowTurn, true);
  });
  module.function('rows', words(2 + 2 * count), null, (b, [rows, bytes, ...rest]) => {
    const places = rest.slice(0, count);
    const i = b.local('i32');
    b.count(i, rows, 1, () => {
      b.call(row, bytes, ...places);
      for (const [k, place] of places.entries()) b.set(place, plus(place, rest[count + k]));
    });
  });
  return heap.compile(module).rows as unknown as RunRows;
}
