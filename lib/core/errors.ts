/** The base of every error this library throws on purpose. */
export class TapegradError extends Error {
  override name = 'TapegradError';
}

/** Shapes that do not fit an operation, or each other. */
export class ShapeError extends TapegradError {
  override name = 'ShapeError';
}

/** An element type that an operation does not take. */
export class DTypeError extends TapegradError {
  override name = 'DTypeError';
}

/** Tensors on different devices, a device that is not there, or an operation that it lacks. */
export class DeviceError extends TapegradError {
  override name = 'DeviceError';
}

/** A gradient that cannot be computed: a changed saved value, a freed graph, an in-place change of a leaf. */
export class AutogradError extends TapegradError {
  override name = 'AutogradError';
}

/** An index or a dimension out of range. */
export class IndexError extends TapegradError {
  override name = 'IndexError';
}

/** An argument of the wrong kind, an unknown option, a missing or doubled argument. */
export class ArgumentError extends TapegradError {
  override name = 'ArgumentError';
}

/** A value that an operation does not take: a negative size, a learning rate below zero. */
export class ValueError extends TapegradError {
  override name = 'ValueError';
}

/** A matrix that is singular, not positive definite, or beyond an iteration that should converge. PyTorch: torch.linalg.LinAlgError. */
export class LinAlgError extends TapegradError {
  override name = 'LinAlgError';
}

/** A file or byte sequence that is damaged or of another format. */
export class FormatError extends TapegradError {
  override name = 'FormatError';
}

/** A state dict that does not fit a module or an optimizer. */
export class StateDictError extends TapegradError {
  override name = 'StateDictError';
}

/** A shape as PyTorch writes it in messages: `(2, 3)`, `(4,)`, `()`. */
export function showShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}
