import { ArgumentError, AutogradError } from '../core/errors.js';

/** What is switched on right now; one object, so that a look-up is one load. */
export const modes: { grad: boolean; inference: boolean; anomaly: boolean } = {
  grad: true,
  inference: false,
  anomaly: false,
};

// TypeScript 5.0, which notebooks use, does not know the symbol.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** Restores a mode when a `using` block ends. */
export interface ModeGuard {
  [Symbol.dispose](): void;
}

/** Field by field, which costs a third of a copy of all. */
function switchTo({
  grad = modes.grad,
  inference = modes.inference,
  anomaly = modes.anomaly,
}: Partial<typeof modes>): void {
  modes.grad = grad;
  modes.inference = inference;
  modes.anomaly = anomaly;
}

function within<R>(name: string, change: Partial<typeof modes>, fn: () => R): R {
  if (typeof fn !== 'function') throw new ArgumentError(`${name}: expected a function, got ${String(fn)}`);
  const before = { ...modes };
  switchTo(change);
  try {
    const result = fn();
    if (result instanceof Promise || typeof (result as { then?: unknown } | null)?.then === 'function') {
      throw new AutogradError(
        `${name}: the function returned a promise, and the mode would leak over its await; await outside, or wrap the synchronous part`,
      );
    }
    return result;
  } finally {
    switchTo(before);
  }
}

function guard(change: Partial<typeof modes>): ModeGuard {
  const before = { ...modes };
  switchTo(change);
  // Node 20 has the symbol; where a platform lacks it, `using` cannot be written either.
  const key = Symbol.dispose ?? Symbol.for('Symbol.dispose');
  return { [key]: () => switchTo(before) } as unknown as ModeGuard;
}

/** A mode switch: takes a function and returns what it returns, or a guard for `using`. */
export interface ModeSwitch {
  <R>(fn: () => R): R;
  (): ModeGuard;
}

function modeSwitch(name: string, change: Partial<typeof modes>): ModeSwitch {
  return (<R>(fn?: () => R): R | ModeGuard =>
    fn === undefined ? guard(change) : within(name, change, fn)) as ModeSwitch;
}

/**
 * Runs a function without recording the tape: `requiresGrad` of results is false.
 * A function that returns a promise is refused (AutogradError). PyTorch: torch.no_grad.
 * @example
 * const x = tg.ones([2], { requiresGrad: true });
 * tg.noGrad(() => x.mul(2)).requiresGrad // => false
 */
export const noGrad: ModeSwitch = modeSwitch('noGrad', { grad: false });

/**
 * Records the tape again inside `noGrad`. PyTorch: torch.enable_grad.
 * @example
 * const x = tg.ones([2], { requiresGrad: true });
 * tg.noGrad(() => tg.enableGrad(() => x.mul(2))).requiresGrad // => true
 */
export const enableGrad: ModeSwitch = modeSwitch('enableGrad', { grad: true });

/**
 * Like `noGrad`, and what is made inside can never take part in a gradient. PyTorch: torch.inference_mode.
 * @example
 * tg.inferenceMode(() => tg.ones([2]).add(1)).tolist() // => [ 2, 2 ]
 */
export const inferenceMode: ModeSwitch = modeSwitch('inferenceMode', { grad: false, inference: true });

/** Switches recording on or off for a function. PyTorch: torch.set_grad_enabled. */
export function setGradEnabled<R>(enabled: boolean, fn: () => R): R {
  return within('setGradEnabled', { grad: enabled }, fn);
}

/** Whether operations are being recorded. PyTorch: torch.is_grad_enabled. */
export const isGradEnabled = (): boolean => modes.grad;

/**
 * Anomaly mode: a NaN in a gradient becomes an error that names the forward call which led to it. Slow.
 * PyTorch: torch.autograd.detect_anomaly.
 */
export const detectAnomaly: ModeSwitch = modeSwitch('detectAnomaly', { anomaly: true });
