import {
  type Letters,
  laneStores,
  lanes,
  loads,
  operations,
  stores,
  typeCodes,
  type ValueType,
  vector,
} from './opcodes.js';

export type { ValueType } from './opcodes.js';

/** Code that leaves one value of a type on the stack. */
export interface Expression<T extends ValueType = ValueType> {
  readonly type: T;
  readonly code: readonly number[];
}

/** A parameter or a local variable: reading it is an expression. */
export interface Local<T extends ValueType = ValueType> extends Expression<T> {
  readonly index: number;
}

/** A place to branch to: the start of a loop or the end of a block. */
export interface Label {
  readonly depth: number;
}

/** A function of a module, for calls from its later ones. */
export interface Callee {
  readonly index: number;
}

type Operands<S extends string> = S extends `${infer Head extends keyof Letters}${infer Rest}`
  ? [Expression<Letters[Head]>, ...Operands<Rest>]
  : [];

const letters: Readonly<Letters> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', v: 'v128' };

/** An unsigned integer in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  bytes.push(value);
  return bytes;
}

/** A signed 32-bit integer in LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (; value < -0x40 || value >= 0x40; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value & 0x7f);
  return bytes;
}

function instruction(code: number): number[] {
  return code < vector ? [code] : [0xfd, ...unsigned(code - vector)];
}

function bytesOf(values: Float32Array | Float64Array | Int32Array | BigInt64Array): number[] {
  return [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}

/** An expression of the type that a table's letter names; the caller's signature says which. */
function typed(letter: keyof Letters, code: readonly number[]): Expression<never> {
  return { type: letters[letter] as never, code };
}

/** An instruction without immediates: `op('i32.add', x, y)`. */
export function op<K extends keyof typeof operations>(
  name: K,
  ...operands: Operands<(typeof operations)[K][1]>
): Expression<Letters[(typeof operations)[K][2]]> {
  const [code, , result] = operations[name];
  const before = (operands as Expression[]).flatMap((x) => x.code);
  return typed(result, [...before, ...instruction(code)]);
}

/** A number of 32 bits. */
export function i32(value: number): Expression<'i32'> {
  return { type: 'i32', code: [0x41, ...signed(value | 0)] };
}

export function f32(value: number): Expression<'f32'> {
  return { type: 'f32', code: [0x43, ...bytesOf(Float32Array.of(value))] };
}

export function f64(value: number): Expression<'f64'> {
  return { type: 'f64', code: [0x44, ...bytesOf(Float64Array.of(value))] };
}

/** A vector of given lanes: four of 32 bits or two of 64. */
export function v128(lanes: Float32Array | Float64Array | Int32Array | BigInt64Array): Expression<'v128'> {
  return { type: 'v128', code: [0xfd, 12, ...bytesOf(lanes)] };
}

/** The sum of two i32. */
export function plus(a: Expression<'i32'>, b: Expression<'i32'>): Expression<'i32'> {
  return op('i32.add', a, b);
}

/** The product of two i32. */
export function times(a: Expression<'i32'>, b: Expression<'i32'>): Expression<'i32'> {
  return op('i32.mul', a, b);
}

// Addresses carry the alignment of 4 bytes at most: nothing promises more, and the engine does not care.
function place(alignment: number, offset: number): number[] {
  return [...unsigned(Math.min(alignment, 2)), ...unsigned(offset)];
}

/** What lies at an address, in bytes, plus a fixed offset. */
export function load<K extends keyof typeof loads>(
  name: K,
  address: Expression<'i32'>,
  offset: number = 0,
): Expression<Letters[(typeof loads)[K][1]]> {
  const [code, result, alignment] = loads[name];
  return typed(result, [...address.code, ...instruction(code), ...place(alignment, offset)]);
}

/** One lane of a vector. */
export function lane<K extends keyof typeof lanes>(
  name: K,
  operand: Expression<'v128'>,
  index: number,
): Expression<Letters[(typeof lanes)[K][1]]> {
  const [code, result] = lanes[name];
  return typed(result, [...operand.code, ...instruction(code), index]);
}

/** Four 32-bit lanes chosen from the eight of two vectors. */
export function shuffle(
  a: Expression<'v128'>,
  b: Expression<'v128'>,
  chosen: readonly [number, number, number, number],
): Expression<'v128'> {
  const bytes = chosen.flatMap((k) => [4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3]);
  return { type: 'v128', code: [...a.code, ...b.code, 0xfd, 13, ...bytes] };
}

/** `condition` not zero: `a`, else `b`; both are computed. */
export function select<T extends ValueType>(
  condition: Expression<'i32'>,
  a: Expression<T>,
  b: Expression<T>,
): Expression<T> {
  return { type: a.type, code: [...a.code, ...b.code, ...condition.code, 0x1c, 1, typeCodes[a.type]] };
}

type Locals<P extends readonly ValueType[]> = { -readonly [K in keyof P]: Local<P[K]> };

/** A function under construction: each method appends a statement. */
export class FunctionBuilder {
  private readonly body: number[] = [];
  private readonly types: ValueType[] = [];
  private readonly parameters: readonly ValueType[];
  private depth = 0;

  constructor(parameters: readonly ValueType[]) {
    this.parameters = parameters;
  }

  /** A new variable, zero at first. */
  local<T extends ValueType>(type: T): Local<T> {
    this.types.push(type);
    return variable(type, this.parameters.length + this.types.length - 1);
  }

  /** A new variable that starts with a value. */
  define<T extends ValueType>(value: Expression<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  set<T extends ValueType>(local: Local<T>, value: Expression<NoInfer<T>>): void {
    this.append(value.code, [0x21, ...unsigned(local.index)]);
  }

  /** Adds a fixed number to a variable. */
  advance(local: Local<'i32'>, by: number): void {
    this.set(local, plus(local, i32(by)));
  }

  /** Writes to an address, in bytes, plus a fixed offset. */
  store<K extends keyof typeof stores>(
    name: K,
    address: Expression<'i32'>,
    value: Expression<Letters[(typeof stores)[K][1]]>,
    offset: number = 0,
  ): void {
    const [code, , alignment] = stores[name];
    this.append(address.code, value.code, instruction(code), place(alignment, offset));
  }

  /** Writes one lane of a vector to an address, in bytes, plus a fixed offset. */
  storeLane<K extends keyof typeof laneStores>(
    name: K,
    address: Expression<'i32'>,
    value: Expression<'v128'>,
    index: number,
    offset: number = 0,
  ): void {
    const [code, alignment] = laneStores[name];
    this.append(address.code, value.code, instruction(code), place(alignment, offset), [index]);
  }

  /** Statements after which control goes on, unless they branch to the start again. */
  loop(body: (start: Label) => void): void {
    this.nested([0x03, 0x40], body);
  }

  /** Statements that may branch to their end. */
  block(body: (end: Label) => void): void {
    this.nested([0x02, 0x40], body);
  }

  /** Statements for when a condition is not zero, and for when it is. */
  when(condition: Expression<'i32'>, then: () => void, otherwise?: () => void): void {
    this.append(condition.code);
    this.nested([0x04, 0x40], () => {
      then();
      if (otherwise) {
        this.append([0x05]);
        otherwise();
      }
    });
  }

  branch(label: Label): void {
    this.append([0x0c, ...unsigned(this.depth - label.depth)]);
  }

  branchIf(label: Label, condition: Expression<'i32'>): void {
    this.append(condition.code, [0x0d, ...unsigned(this.depth - label.depth)]);
  }

  /** While `counter` is below `end` (signed): the statements, then `counter` plus `step`. */
  count(counter: Local<'i32'>, end: Expression<'i32'>, step: number, body: () => void): void {
    this.when(op('i32.lt_s', counter, end), () => {
      this.loop((start) => {
        body();
        this.advance(counter, step);
        this.branchIf(start, op('i32.lt_s', counter, end));
      });
    });
  }

  /** Calls a function of the module that gives nothing, made before this one. */
  call(callee: Callee, ...values: readonly Expression[]): void {
    this.append(
      values.flatMap((value) => value.code),
      [0x10, ...unsigned(callee.index)],
    );
  }

  /** Leaves the function's result on the stack: its last statement. */
  result(value: Expression): void {
    this.append(value.code);
  }

  /** The function as the binary format has it. */
  encode(): number[] {
    const locals = this.types.map((type) => [1, typeCodes[type]]);
    return sized([...vectorOf(locals), ...this.body, 0x0b]);
  }

  private nested(opening: readonly number[], body: (label: Label) => void): void {
    this.append(opening);
    this.depth++;
    body({ depth: this.depth });
    this.depth--;
    this.append([0x0b]);
  }

  private append(...codes: (readonly number[])[]): void {
    for (const code of codes) for (const byte of code) this.body.push(byte);
  }
}

function variable<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, ...unsigned(index)] };
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function vectorOf(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(characters: string): number[] {
  return sized([...characters].map((character) => character.charCodeAt(0)));
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized(vectorOf(items))];
}

interface Entry {
  readonly name: string;
  readonly type: readonly number[];
  readonly builder: FunctionBuilder;
}

/** A module of exported functions over one imported memory, `env.memory`. */
export class ModuleBuilder {
  private readonly entries: Entry[] = [];

  /** Adds a function: `body` gets its builder and the parameters. */
  function<const P extends readonly ValueType[]>(
    name: string,
    parameters: P,
    result: ValueType | null,
    body: (f: FunctionBuilder, parameters: Locals<P>) => void,
  ): Callee {
    const results = result === null ? [] : [[typeCodes[result]]];
    const type = [0x60, ...vectorOf(parameters.map((p) => [typeCodes[p]])), ...vectorOf(results)];
    const builder = new FunctionBuilder(parameters);
    body(builder, parameters.map(variable) as unknown as Locals<P>);
    this.entries.push({ name, type, builder });
    return { index: this.entries.length - 1 };
  }

  /** The module's bytes; the memory has at most `pages` pages of 64 KiB, and other threads see it where it is shared. */
  encode(pages: number, shared: boolean): Uint8Array {
    const { entries } = this;
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(
        1,
        entries.map(({ type }) => type),
      ),
      ...section(2, [[...text('env'), ...text('memory'), 0x02, shared ? 0x03 : 0x01, 0x00, ...unsigned(pages)]]),
      ...section(
        3,
        entries.map((_, k) => unsigned(k)),
      ),
      ...section(
        7,
        entries.map(({ name }, k) => [...text(name), 0x00, ...unsigned(k)]),
      ),
      ...section(
        10,
        entries.map(({ builder }) => builder.encode()),
      ),
    ]);
  }
}
