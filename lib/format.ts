import { halfToFloat } from '../kernels/half.js';
import { count } from '../kernels/view.js';
import { getDefaultDtype, isFloat } from './core/dtype.js';
import { ValueError } from './core/errors.js';
import { alias, type Tensor } from './core/tensor.js';

/** How tensors print. */
export interface PrintOptions {
  /** Digits after the point, 4 unless set. */
  precision: number;
  /** Tensors with more elements are summarised, 1000 unless set. */
  threshold: number;
  /** How many items a summary shows at each end, 3 unless set. */
  edgeitems: number;
  /** Characters in a line, 80 unless set. */
  linewidth: number;
  /** Scientific notation always (true), never (false), or where the values ask for it (null). */
  sciMode: boolean | null;
}

const initial: PrintOptions = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sciMode: null };

/** Named settings of `setPrintoptions`. */
const profiles: Readonly<Record<string, PrintOptions>> = {
  default: initial,
  short: { ...initial, precision: 2, edgeitems: 2 },
  full: { ...initial, threshold: Number.POSITIVE_INFINITY },
};

const print: PrintOptions = { ...initial };

/** What a value of each option must be, and the words for it. */
const rules: Readonly<Record<keyof PrintOptions, readonly [valid: (value: number) => boolean, wanted: string]>> = {
  precision: [(value) => Number.isInteger(value) && value >= 0 && value <= 60, 'an integer from 0 to 60'],
  threshold: [(value) => value >= 0, 'a number from 0'],
  edgeitems: [(value) => Number.isInteger(value) && value >= 1, 'an integer from 1'],
  linewidth: [(value) => value >= 1, 'a number from 1'],
  sciMode: [(value) => typeof value === 'boolean' || value === null, 'true, false or null'],
};

/**
 * Sets how tensors print; what is not named stays. `profile` is 'default', 'short' or 'full' (never summarise).
 * PyTorch: torch.set_printoptions.
 */
export function setPrintoptions(options: Partial<PrintOptions> & { profile?: 'default' | 'short' | 'full' }): void {
  const { profile = null, ...rest } = options;
  if (profile !== null && !Object.hasOwn(profiles, profile)) {
    throw new ValueError(`setPrintoptions: unknown profile ${profile}; known: ${Object.keys(profiles).join(', ')}`);
  }
  const changes = Object.entries(rest).filter(([, value]) => value !== undefined);
  for (const [name, value] of changes) {
    if (!Object.hasOwn(rules, name))
      throw new ValueError(`setPrintoptions: unknown option ${name}; known: ${Object.keys(rules).join(', ')}, profile`);
    const [valid, wanted] = rules[name as keyof PrintOptions];
    if (!valid(value as number)) throw new ValueError(`setPrintoptions: ${name} is ${value}; it must be ${wanted}`);
  }
  Object.assign(print, profile === null ? {} : profiles[profile], Object.fromEntries(changes));
}

type Value = number | bigint | boolean;

/** Vectors of values, nested; null stands for what a summary leaves out. */
type Block = (Value | null)[] | (Block | null)[];

function values(x: Tensor): Value[] {
  const read = x.storage.kernels.read(x) as ArrayLike<number | bigint>;
  const list = Array.from(read as ArrayLike<number>);
  if (x.dtype === 'bool') return list.map((value) => value !== 0);
  return x.dtype === 'float16' ? list.map(halfToFloat) : list;
}

function nested(list: Value[], shape: readonly number[]): Block {
  if (shape.length === 1) return list;
  const step = list.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nested(list.slice(i * step, (i + 1) * step), shape.slice(1)));
}

/** The elements to show, as deep as the tensor has dimensions; a summary reads only its edges, what is shown whole is read at once. */
function blockOf(x: Tensor, summarise: boolean): Block {
  const edge = print.edgeitems;
  if (!summarise || x.shape.every((size) => size <= 2 * edge)) return nested(values(x), x.shape);
  const [[size, ...shape], [step, ...strides]] = [x.shape, x.strides];
  const part = (from: number, length: number): Block => {
    if (shape.length === 0) return values(alias(x, x.offset + from * step, [length], x.strides));
    return Array.from({ length }, (_, i) => blockOf(alias(x, x.offset + (from + i) * step, shape, strides), summarise));
  };
  if (size <= 2 * edge) return part(0, size);
  return [...part(0, edge), null, ...part(size - edge, edge)] as Block;
}

function flat(block: Block): Value[] {
  return (block as (Block | Value | null)[]).flatMap((item) =>
    item === null ? [] : Array.isArray(item) ? flat(item) : [item],
  );
}

/** How many digits more than wanted tell a tie from what only looks like one. */
const guard = 40;

/** As Python rounds: ties to even, where `toFixed` and `toExponential` take them up. */
function rounded(digits: number, write: (digits: number) => string): string {
  const [exact, exponent] = write(digits + guard).split('e');
  const kept = exact.slice(0, -guard);
  const even = /[02468]\.?$/.test(kept);
  if (!even || !/^50*$/.test(exact.slice(-guard))) return write(digits);
  const plain = kept.replace(/\.$/, '');
  return exponent === undefined ? plain : `${plain}e${exponent}`;
}

function fixed(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  // From here on numbers are whole, and `toFixed` turns to an exponent.
  if (size >= 1e21) return `${sign}${BigInt(size)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  return sign + rounded(digits, (n) => size.toFixed(n));
}

function scientific(value: number, digits: number): string {
  const text = rounded(digits, (n) => value.toExponential(n));
  return `${Object.is(value, -0) ? '-' : ''}${text}`.replace(/e([+-])(\d)$/, 'e$10$2');
}

const special = (value: number): string => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

/** How the values of one tensor are written, all at one width. */
interface Formatter {
  readonly width: number;
  format(value: Value): string;
}

function formatter(list: readonly Value[], float: boolean): Formatter {
  if (!float) {
    const width = list.reduce<number>((most, value) => Math.max(most, String(value).length), 1);
    return { width, format: (value) => String(value).padStart(width) };
  }
  const numbers = (list as readonly number[]).filter((value) => Number.isFinite(value) && value !== 0);
  const sizes = numbers.map(Math.abs);
  const [low, high] =
    sizes.length === 0 ? [1, 1] : [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))];
  const whole = numbers.every(Number.isInteger);
  const wide = high / low > 1000 || high > 1e8 || (!whole && low < 1e-4);
  const write = (value: number, sci: boolean): string => {
    if (!Number.isFinite(value)) return special(value);
    if (sci) return scientific(value, print.precision);
    return whole ? `${fixed(value, 0)}.` : fixed(value, print.precision);
  };
  // PyTorch measures before `sciMode` has its say, and lets it have none where every number is zero.
  const width = numbers.reduce((most, value) => Math.max(most, write(value, wide).length), 1);
  const sci = sizes.length === 0 ? false : (print.sciMode ?? wide);
  return { width, format: (value) => write(value as number, sci).padStart(width) };
}

function vector(items: readonly (Value | null)[], indent: number, { width, format }: Formatter): string {
  const perLine = Math.max(1, Math.floor((print.linewidth - indent) / (width + 2)));
  const words = items.map((item) => (item === null ? ' ...' : format(item)));
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += perLine) lines.push(words.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
}

function write(block: Block, rank: number, indent: number, how: Formatter): string {
  if (rank === 1) return vector(block as (Value | null)[], indent, how);
  const parts = (block as (Block | null)[]).map((item) =>
    item === null ? '...' : write(item, rank - 1, indent + 1, how),
  );
  return `[${parts.join(`,${'\n'.repeat(rank - 1)}${' '.repeat(indent + 1)}`)}]`;
}

function body(x: Tensor, indent: number): string {
  const n = count(x.shape);
  if (n === 0) return '[]';
  const float = isFloat(x.dtype);
  if (x.shape.length === 0) {
    const [value] = values(x);
    return formatter([value], float).format(value);
  }
  const block = blockOf(x, n > print.threshold);
  return write(block, x.shape.length, indent, formatter(flat(block), float));
}

/** A tensor as PyTorch prints it; `gradient` is the name of what made it, or true for a leaf that requires a gradient. */
export function format(x: Tensor, gradient: string | boolean): string {
  const prefix = 'tensor(';
  const empty = count(x.shape) === 0;
  const usual = x.dtype === getDefaultDtype() || (!empty && (x.dtype === 'int32' || x.dtype === 'bool'));
  const suffixes = [
    ...(x.device === 'cpu' ? [] : [`device='${x.device}'`]),
    ...(empty && x.shape.length !== 1 ? [`size=(${x.shape.join(', ')})`] : []),
    ...(usual ? [] : [`dtype=${x.dtype}`]),
    ...(typeof gradient === 'string' ? [`gradFn=<${gradient}>`] : gradient ? ['requiresGrad=true'] : []),
  ];
  let text = `${prefix}${body(x, prefix.length)}`;
  let line = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    if (line + suffix.length + 2 > print.linewidth) {
      text += `,\n${' '.repeat(prefix.length)}${suffix}`;
      line = prefix.length + suffix.length;
    } else {
      text += `, ${suffix}`;
      line += suffix.length + 2;
    }
  }
  return `${text})`;
}
