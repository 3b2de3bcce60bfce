/**
 * Python expressions as the corpus records them: nested constructor calls (`torch.nn.Linear(3, 4, bias=False)`) and the
 * arithmetic of a lambda (`0.5 if epoch % 4 == 0 else 1.1`).
 */

export type Expression =
  | { kind: 'literal'; value: unknown }
  | { kind: 'list'; items: Expression[] }
  | { kind: 'dict'; items: [Expression, Expression][] }
  | { kind: 'name'; path: string }
  | { kind: 'call'; path: string; args: Expression[]; kwargs: [string, Expression][] }
  | { kind: 'unary'; operator: string; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'if'; condition: Expression; then: Expression; otherwise: Expression };

/** What names and calls in an expression mean. */
export interface Environment {
  name(path: string): unknown;
  call(path: string, args: unknown[], kwargs: Record<string, unknown>): unknown;
}

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\*\*|\/\/|[<>=!]=|[-+*/%<>=(),.[\]{}:]))/y;

const CONSTANTS: Record<string, unknown> = { None: null, True: true, False: false };

/** Binary operators by how tightly they bind; `**` stands apart, it binds to the right and above a sign. */
const LEVELS: string[][] = [['or'], ['and'], ['<', '>', '<=', '>=', '==', '!='], ['+', '-'], ['*', '/', '//', '%']];
const COMPARISONS = LEVELS[2];
const NOT_LEVEL = 2;

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new SyntaxError(`cannot read Python '${source}' at '${source.slice(at)}'`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

class Parser {
  private readonly source: string;
  private readonly tokens: string[];
  private position = 0;

  constructor(source: string) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  whole(): Expression {
    const expression = this.conditional();
    if (this.position < this.tokens.length) throw this.unexpected();
    return expression;
  }

  private peek(): string | undefined {
    return this.tokens[this.position];
  }

  private accept(token: string): boolean {
    if (this.peek() !== token) return false;
    this.position++;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw this.unexpected();
  }

  private unexpected(): SyntaxError {
    return new SyntaxError(`cannot read Python '${this.source}': '${this.peek() ?? 'the end'}' is unexpected`);
  }

  private conditional(): Expression {
    const then = this.binary(0);
    if (!this.accept('if')) return then;
    const condition = this.binary(0);
    this.expect('else');
    return { kind: 'if', condition, then, otherwise: this.conditional() };
  }

  private binary(level: number): Expression {
    if (level === LEVELS.length) return this.unary();
    if (level === NOT_LEVEL && this.accept('not'))
      return { kind: 'unary', operator: 'not', operand: this.binary(level) };
    let left = this.binary(level + 1);
    let chain: Expression | undefined;
    for (;;) {
      const operator = this.peek();
      if (operator === undefined || !LEVELS[level].includes(operator)) return chain ?? left;
      this.position++;
      const right = this.binary(level + 1);
      const whole: Expression = { kind: 'binary', operator, left, right };
      if (COMPARISONS.includes(operator)) {
        // Python chains comparisons: a < b < c is a < b and b < c.
        chain = chain ? { kind: 'binary', operator: 'and', left: chain, right: whole } : whole;
        left = right;
      } else {
        left = whole;
      }
    }
  }

  private unary(): Expression {
    for (const operator of ['-', '+']) {
      if (this.accept(operator)) return { kind: 'unary', operator, operand: this.unary() };
    }
    const left = this.primary();
    return this.accept('**') ? { kind: 'binary', operator: '**', left, right: this.unary() } : left;
  }

  private primary(): Expression {
    const token = this.peek();
    if (token === undefined) throw this.unexpected();
    this.position++;
    if (/^[\d.]+/.test(token) && token !== '.') return { kind: 'literal', value: Number(token) };
    if (/^['"]/.test(token)) return { kind: 'literal', value: token.slice(1, -1).replace(/\\(.)/g, '$1') };
    if (Object.hasOwn(CONSTANTS, token)) return { kind: 'literal', value: CONSTANTS[token] };
    if (/^[A-Za-z_]/.test(token)) return this.named(token);
    if (token === '[') return { kind: 'list', items: this.sequence(']').items };
    if (token === '{') return this.dict();
    if (token === '(') {
      const { items, comma } = this.sequence(')');
      return items.length === 1 && !comma ? items[0] : { kind: 'list', items };
    }
    this.position--;
    throw this.unexpected();
  }

  private named(first: string): Expression {
    let path = first;
    while (this.accept('.')) path += `.${this.tokens[this.position++]}`;
    if (!this.accept('(')) return { kind: 'name', path };
    const args: Expression[] = [];
    const kwargs: [string, Expression][] = [];
    while (!this.accept(')')) {
      if (this.tokens[this.position + 1] === '=') {
        const name = this.tokens[this.position];
        this.position += 2;
        kwargs.push([name, this.conditional()]);
      } else {
        args.push(this.conditional());
      }
      if (this.peek() !== ')') this.expect(',');
    }
    return { kind: 'call', path, args, kwargs };
  }

  private sequence(close: string): { items: Expression[]; comma: boolean } {
    const items: Expression[] = [];
    let comma = false;
    while (!this.accept(close)) {
      items.push(this.conditional());
      comma = this.accept(',');
      if (!comma && this.peek() !== close) throw this.unexpected();
    }
    return { items, comma };
  }

  private dict(): Expression {
    const items: [Expression, Expression][] = [];
    while (!this.accept('}')) {
      const key = this.conditional();
      this.expect(':');
      items.push([key, this.conditional()]);
      if (this.peek() !== '}') this.expect(',');
    }
    return { kind: 'dict', items };
  }
}

/** Reads one Python expression; throws a SyntaxError where it is beyond what the corpus writes. */
export function parse(source: string): Expression {
  return new Parser(source).whole();
}

/** Python's remainder takes the sign of the divisor. */
function modulo(a: number, b: number): number {
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder;
}

const OPERATORS: Record<string, (a: number, b: number) => number | boolean> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '%': modulo,
  '**': (a, b) => a ** b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/** The value of an expression: numbers, strings, booleans, null, arrays, plain objects, and what the environment gives. */
export function evaluate(expression: Expression, environment: Environment): unknown {
  const value = (inner: Expression) => evaluate(inner, environment);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'list':
      return expression.items.map(value);
    case 'dict':
      return Object.fromEntries(expression.items.map(([key, item]) => [value(key), value(item)]));
    case 'name':
      return environment.name(expression.path);
    case 'call': {
      const kwargs = Object.fromEntries(expression.kwargs.map(([name, item]) => [name, value(item)]));
      return environment.call(expression.path, expression.args.map(value), kwargs);
    }
    case 'unary': {
      const operand = value(expression.operand);
      if (expression.operator === 'not') return !operand;
      return expression.operator === '-' ? -(operand as number) : operand;
    }
    case 'binary': {
      const left = value(expression.left);
      if (expression.operator === 'and') return left ? value(expression.right) : left;
      if (expression.operator === 'or') return left ? left : value(expression.right);
      return OPERATORS[expression.operator](left as number, value(expression.right) as number);
    }
    case 'if':
      return value(value(expression.condition) ? expression.then : expression.otherwise);
  }
}

const FUNCTIONS: Record<string, (...numbers: number[]) => number> = {
  min: Math.min,
  max: Math.max,
  abs: Math.abs,
  float: Number,
  int: Math.trunc,
  'math.cos': Math.cos,
  'math.sin': Math.sin,
  'math.exp': Math.exp,
  'math.log': Math.log,
  'math.sqrt': Math.sqrt,
  'math.floor': Math.floor,
  'math.ceil': Math.ceil,
  'math.pow': Math.pow,
};

/** A recorded lambda of `epoch` as a function: `0.95 ** epoch`. */
export function lambda(source: string): (epoch: number) => unknown {
  const expression = parse(source);
  return (epoch) =>
    evaluate(expression, {
      name: (path) => {
        if (path === 'epoch') return epoch;
        if (path === 'math.pi') return Math.PI;
        throw new SyntaxError(`lambda '${source}': the name '${path}' is unknown`);
      },
      call: (path, args) => {
        if (!Object.hasOwn(FUNCTIONS, path)) throw new SyntaxError(`lambda '${source}': no function '${path}'`);
        return FUNCTIONS[path](...(args as number[]));
      },
    });
}
