/** Fields of config.json as typed values. A field that is not as it should be gives a FormatError with its name, found and expected. */
import { describe } from '../formats/strictJson';
import { FormatError } from '../util/errors';

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  /** Value of a missing or null field; a field without one is required. */
  readonly fallback?: number;
}

/** Reads fields of one JSON object; `path` is its place in config.json, for messages. */
export class Fields {
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly path = '',
  ) {}

  fail(field: string, expected: string): FormatError {
    const found = describe(this.values[field]);
    const name = this.path + field;
    return new FormatError(
      'config',
      `config.json: "${name}" is ${found}; expected ${expected}. Check that config.json is complete and belongs to this model.`,
      { file: 'config.json', field: name, found, expected },
    );
  }

  has(field: string): boolean {
    return this.values[field] !== undefined && this.values[field] !== null;
  }

  number(field: string, { min, max, fallback }: NumberRule): number {
    if (!this.has(field) && fallback !== undefined) return fallback;
    const value = this.values[field];
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw this.fail(field, `a number from ${min} to ${max}`);
    }
    return value;
  }

  integer(field: string, { min, max, fallback }: NumberRule): number {
    if (!this.has(field) && fallback !== undefined) return fallback;
    const value = this.values[field];
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      throw this.fail(field, `an integer from ${min} to ${max}`);
    }
    return value as number;
  }

  flag(field: string, fallback: boolean): boolean {
    if (!this.has(field)) return fallback;
    const value = this.values[field];
    if (typeof value !== 'boolean') throw this.fail(field, 'true or false');
    return value;
  }

  text(field: string): string | null {
    if (!this.has(field)) return null;
    const value = this.values[field];
    if (typeof value !== 'string') throw this.fail(field, 'a string');
    return value;
  }

  object(field: string): Fields | null {
    if (!this.has(field)) return null;
    const value = this.values[field];
    if (typeof value !== 'object' || Array.isArray(value)) throw this.fail(field, 'an object');
    return new Fields(value as Record<string, unknown>, `${this.path}${field}.`);
  }
}
