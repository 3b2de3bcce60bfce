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

/**
 * Sets how tensors print; what is not named stays. `profile` is 'default', 'short' or 'full' (never summarise).
 * PyTorch: torch.set_printoptions.
 */
export function setPrintoptions(options: Partial<PrintOptions> & { profile?: 'default' | 'short' | 'full' }): void {
  const { profile, ...changes } = options;
  if (profile !== undefined && !(profile in profiles)) {
    throw new ValueError(`setPrintoptions: unknown profile ${profile}; known: ${Object.keys(profiles).join(', ')}`);
  }
  for (const name of Object.keys(changes)) {
    if (!(name in initial))
      throw new ValueError(
        `setPrintoptions: unknown option ${name}; known: ${Object.keys(initial).join(', ')}, profile`,
      );
  }
  Object.assign(print, profile === undefined ? {} : profiles[profile], changes);
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

/** The elements to show, as deep as the tensor has dimensions; a summary reads only its edges. */
function blockOf(x: Tensor, summarise: boolean): Block {
  const [size] = x.shape;
  const [step] = x.strides;
  const edge = print.edgeitems;
  const cut = summarise && size > 2 * edge;
  const part = (from: number, length: number): Block => {
    const slice = alias(x, x.offset + from * step, [length, ...x.shape.slice(1)], x.strides);
    if (x.shape.length === 1) return values(slice);
    return Array.from({ length }, (_, i) =>
      blockOf(alias(x, slice.offset + i * step, x.shape.slice(1), x.strides.slice(1)), summarise),
    );
  };
  if (!cut) return part(0, size);
  return [...part(0, edge), null, ...part(size - edge, edge)] as Block;
}

function flat(block: Block): Value[] {
  return (block as (Block | Value | null)[]).flatMap((item) =>
    item === null ? [] : Array.isArray(item) ? flat(item) : [item],
  );
}

/** As Python formats: ties to even, where `toFixed` takes them up. A tie is an odd multiple of 2^-(digits + 1). */
function fixed(value: number, digits: number): string {
  const halves = Math.abs(value) * 2 ** (digits + 1);
  if (Number.isSafeInteger(halves) && halves % 2 === 1) {
    const scaled = Math.abs(value) * 10 ** digits;
    const below = Math.floor(scaled);
    const even = below % 2 === 0 ? below : below + 1;
    return `${value < 0 ? '-' : ''}${(even / 10 ** digits).toFixed(digits)}`;
  }
  return Object.is(value, -0) ? `-${(0).toFixed(digits)}` : value.toFixed(digits);
}

function scientific(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
}

const special = (value: number): string => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

/** How the values of one tensor are written, all at one width. */
interface Formatter {
  readonly width: number;
  format(value: Value): string;
}

function formatter(list: readonly Value[], float: boolean): Formatter {
  if (!float) {
    const width = Math.max(1, ...list.map((value) => String(value).length));
    return { width, format: (value) => String(value).padStart(width) };
  }
  const numbers = (list as readonly number[]).filter((value) => Number.isFinite(value) && value !== 0);
  const sizes = numbers.map(Math.abs);
  const [low, high] =
    sizes.length === 0 ? [1, 1] : [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))];
  const whole = numbers.every(Number.isInteger);
  const wide = high / low > 1000 || high > 1e8 || (!whole && low < 1e-4);
  const sci = print.sciMode ?? wide;
  const write = (value: number): string => {
    if (!Number.isFinite(value)) return special(value);
    if (sci) return scientific(value, print.precision);
    return whole ? `${fixed(value, 0)}.` : fixed(value, print.precision);
  };
  const width = Math.max(1, ...numbers.map((value) => write(value).length));
  return { width, format: (value) => write(value as number).padStart(width) };
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
