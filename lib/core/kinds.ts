import { checkDType } from './dtype.js';
import { ArgumentError, ValueError } from './errors.js';
import { Tensor } from './tensor.js';

/** What a value is, as a message says it: `a tensor`, `an object`, `NaN`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value === 'bigint' ? 'BigInt' : typeof value}`;
  return value instanceof Tensor ? 'a tensor' : 'an object';
}

function refused(operation: string, argument: string, rule: string, value: unknown): ArgumentError {
  return new ArgumentError(`${operation}: ${argument} must be ${rule}, got ${kindOf(value)}`);
}

/** Throws where an argument is not an integer. */
export function checkInteger(operation: string, argument: string, value: unknown): asserts value is number {
  if (Number.isInteger(value)) return;
  throw refused(operation, argument, 'an integer', value);
}

/** One integer, or a list of them. */
function checkIntegers(operation: string, argument: string, value: unknown): void {
  if (!Array.isArray(value)) return checkInteger(operation, argument, value);
  value.forEach((item, i) => {
    checkInteger(operation, `${argument}[${i}]`, item);
  });
}

function checkList(operation: string, argument: string, value: unknown): void {
  if (!Array.isArray(value)) throw refused(operation, argument, 'a list of integers', value);
  checkIntegers(operation, argument, value);
}

function checkTensorArgument(operation: string, argument: string, value: unknown): void {
  if (value instanceof Tensor) return;
  throw new ArgumentError(
    `${operation}: expected a tensor, got ${kindOf(value)} for ${argument}; make one with tg.tensor(...)`,
  );
}

function checkOptionalTensor(operation: string, argument: string, value: unknown): void {
  if (value !== null) checkTensorArgument(operation, argument, value);
}

function checkSize(operation: string, argument: string, value: unknown): void {
  checkInteger(operation, argument, value);
  if (value < 0) throw new ValueError(`${operation}: ${argument} must not be negative, got ${value}`);
}

function checkBoolean(operation: string, argument: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw refused(operation, argument, 'true or false', value);
}

function checkText(operation: string, argument: string, value: unknown): void {
  if (typeof value === 'string') return;
  throw refused(operation, argument, 'a string', value);
}

/** Numbers, lists and tensors: what an argument with a number as its default may be. */
function checkNumeric(operation: string, argument: string, value: unknown): void {
  if (typeof value === 'number' || value === null || Array.isArray(value) || value instanceof Tensor) return;
  throw refused(operation, argument, 'a number', value);
}

function checkNumber(operation: string, argument: string, value: unknown): void {
  if (typeof value !== 'number') throw refused(operation, argument, 'a number', value);
}

function checkOperand(operation: string, argument: string, value: unknown): void {
  if (typeof value === 'number' || value instanceof Tensor) return;
  throw refused(operation, argument, 'a tensor or a number', value);
}

function checkArray(operation: string, argument: string, value: unknown): void {
  if (!Array.isArray(value)) throw refused(operation, argument, 'a list', value);
}

function checkFunction(operation: string, argument: string, value: unknown): void {
  if (typeof value !== 'function') throw refused(operation, argument, 'a function', value);
}

/** The class stands above the core; what it can do tells it. */
function checkGenerator(operation: string, argument: string, value: unknown): void {
  if (typeof (value as { words?: unknown } | null)?.words === 'function') return;
  throw refused(operation, argument, 'a tg.Generator', value);
}

function checkDTypeArgument(operation: string, _argument: string, value: unknown): void {
  checkDType(operation, value);
}

const exotic: ReadonlySet<string> = new Set(['symbol', 'function', 'bigint']);

/** No argument but data and functions is, or lists, a symbol, a function or a BigInt. */
function checkPlain(operation: string, argument: string, value: unknown): void {
  const wrong = Array.isArray(value) ? value.find((item) => exotic.has(typeof item)) : value;
  if (exotic.has(typeof wrong)) throw new ArgumentError(`${operation}: ${argument} cannot be ${kindOf(wrong)}`);
}

/** Throws where the value of an argument is of a kind that it does not take. */
export type Check = (operation: string, argument: string, value: unknown) => void;

/** The kinds that a signature may name, as in `source:tensor`. */
const kinds: Readonly<Record<string, Check | null>> = {
  any: null,
  tensor: checkTensorArgument,
  operand: checkOperand,
  number: checkNumber,
  integer: checkInteger,
  numbers: checkNumeric,
  integers: checkIntegers,
  list: checkList,
  array: checkArray,
};

const words = (text: string): string[] => text.split(' ');

/** What arguments of these names are in every function and layer that has them. */
const byName: readonly (readonly [Check | null, readonly string[]])[] = [
  [null, words('data ndarray value fillValue val values elements testElements activation lrLambda scaleFn collateFn')],
  [checkFunction, words('fn distanceFunction hook')],
  [checkGenerator, ['generator']],
  [checkDTypeArgument, ['dtype']],
  [
    checkInteger,
    words('dim0 dim1 dim2 axis0 axis1 startDim endDim dimension numClasses ignoreIndex decimals blank edgeOrder ind N'),
  ],
  [checkIntegers, words('shifts kernelSize dilation splitSizes')],
  [
    checkSize,
    words(
      'inFeatures outFeatures in1Features in2Features inChannels outChannels numFeatures numEmbeddings embeddingDim ' +
        'inputSize hiddenSize numLayers embedDim numHeads dModel nhead row col',
    ),
  ],
  [
    checkTensorArgument,
    words(
      'self A B LD LU LUData LUPivots pivots anchor positive negative batch1 batch2 boundaries grid input1 input2 ' +
        'mat mat1 mat2 vec vec1 vec2 x1 x2 theta tensor logits x y',
    ),
  ],
  [
    checkOptionalTensor,
    words(
      'inputMask otherMask weight posWeight fweights aweights perSampleWeights randomSamples ' +
        'attnMask keyPaddingMask runningMean runningVar prepend append inProjWeight ' +
        'inProjBias biasK biasV qProjWeight kProjWeight vProjWeight staticK staticV outProjWeight outProjBias',
    ),
  ],
];

const named: ReadonlyMap<string, Check | null> = new Map(
  byName.flatMap(([check, names]) => names.map((name) => [name, check] as const)),
);

/** Which kinds an argument takes, as far as its name and its default tell. */
function checkOf(argument: string, standard: unknown): Check | null {
  if (typeof standard === 'boolean') return checkBoolean;
  const check = named.get(argument);
  if (check !== undefined) return check;
  // Norms and paddings also have names.
  if (typeof standard === 'number' && !['ord', 'p', 'normType', 'padding'].includes(argument)) return checkNumeric;
  if (typeof standard === 'string' && !['ord', 'p'].includes(argument)) return checkText;
  return checkPlain;
}

/** The checks of the arguments of a signature by their names; `marks` holds the kinds that the signature itself says. */
export function checksOf(
  names: readonly string[],
  defaults: ReadonlyMap<string, unknown>,
  marks: ReadonlyMap<string, string>,
): ReadonlyMap<string, Check> {
  const checks = names.map((name) => {
    const mark = marks.get(name);
    return [name, mark === undefined ? checkOf(name, defaults.get(name)) : kinds[mark]] as const;
  });
  return new Map(checks.filter((entry): entry is [string, Check] => entry[1] !== null));
}
