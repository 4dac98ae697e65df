/**
 * The five error classes of the project, and Cancelled. A message says where, what was found, what was expected and what to do;
 * `details` carries the same as typed fields. Errors cross the worker boundary as plain objects: structured clone would drop the class.
 */

export type ErrorName = 'FormatError' | 'FetchError' | 'RecipeError' | 'NumericError' | 'GpuError' | 'Cancelled';
export type Details = Readonly<Record<string, string | number | boolean | null>>;

/** An error as it travels between threads and into logs. */
export interface ErrorRecord {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly details: Details;
}

abstract class BitcurveError extends Error {
  abstract override readonly name: ErrorName;
  constructor(
    readonly code: string,
    message: string,
    readonly details: Details = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Bytes or JSON that are not what they claim to be. Permanent: reading again gives the same. */
export class FormatError extends BitcurveError {
  override readonly name = 'FormatError';
}

/** Bytes that could not be had (a file that vanished, a refused permission). Trying again may help. */
export class FetchError extends BitcurveError {
  override readonly name = 'FetchError';
}

/** A recipe, option or request that cannot be run; `details.path` is the JSON path. */
export class RecipeError extends BitcurveError {
  override readonly name = 'RecipeError';
}

/** Mathematics that failed: not positive definite after the last damping step, not finite. */
export class NumericError extends BitcurveError {
  override readonly name = 'NumericError';
}

/** The GPU refused, ran out of memory or was lost. */
export class GpuError extends BitcurveError {
  override readonly name = 'GpuError';
}

/** The user stopped the work. Not a failure. */
export class Cancelled extends BitcurveError {
  override readonly name = 'Cancelled';
  constructor(message = 'stopped by the user') {
    super('cancelled', message);
  }
}

const classes = { FormatError, FetchError, RecipeError, NumericError, GpuError } as const;

export function isBitcurveError(error: unknown): error is BitcurveError {
  return error instanceof BitcurveError;
}

/** Plain form of any thrown value. A value that is not ours keeps its name, so that a defect is recognisable as one. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof BitcurveError) {
    return { name: error.name, code: error.code, message: error.message, details: error.details };
  }
  if (error instanceof Error) return { name: error.name, code: 'unexpected', message: error.message, details: {} };
  return { name: 'Error', code: 'unexpected', message: String(error), details: {} };
}

/** The error that a record was made from; an unknown name becomes a plain Error of that name. */
export function fromErrorRecord(record: ErrorRecord): Error {
  if (record.name === 'Cancelled') return new Cancelled(record.message);
  const Class = classes[record.name as keyof typeof classes] as (typeof classes)['FormatError'] | undefined;
  if (Class) return new Class(record.code, record.message, record.details);
  const error = new Error(record.message);
  error.name = record.name;
  return error;
}
