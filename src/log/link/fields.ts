/** Reads untrusted JSON field by field, each with its limits. Every failure is the FormatError of a damaged link. */
import { damaged } from './bytes';
import { maxOptionName, maxOptions, maxOptionText } from './limits';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export class Fields {
  readonly #value: { readonly [key: string]: Json };

  constructor(
    value: Json,
    readonly where: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(`${where} is not an object`);
    this.#value = value as { readonly [key: string]: Json };
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#value, key);
  }

  get(key: string): Json {
    if (!this.has(key)) throw damaged(`${this.where}.${key} is missing`);
    return this.#value[key] as Json;
  }

  fields(key: string): Fields {
    return new Fields(this.get(key), `${this.where}.${key}`);
  }

  text(key: string, maxLength: number): string {
    return this.#text(this.get(key), key, maxLength);
  }

  integer(key: string, min: number, max: number): number {
    return this.#integer(this.get(key), key, min, max);
  }

  /** One integer of a mixed list. */
  integerAt(key: string, index: number, min: number, max: number): number {
    return this.#integer(this.list(key, 100)[index] ?? null, `${key}[${index}]`, min, max);
  }

  /** A list of `count` integers in a list. */
  integersAt(key: string, index: number, count: number, min: number, max: number): number[] {
    const value = this.list(key, 100)[index];
    if (!Array.isArray(value) || value.length !== count)
      throw damaged(`${this.where}.${key}[${index}] is no list of ${count}`);
    return (value as readonly Json[]).map((item, i) => this.#integer(item, `${key}[${index}][${i}]`, min, max));
  }

  list(key: string, maxLength: number): readonly Json[] {
    const value = this.get(key);
    if (!Array.isArray(value)) throw damaged(`${this.where}.${key} is not a list`);
    if (value.length > maxLength) throw damaged(`${this.where}.${key} has more than ${maxLength} entries`);
    return value as readonly Json[];
  }

  /** Texts of a list; with `end`, its entries from `begin` to there, which must be. */
  texts(key: string, maxLength: number, maxText: number, end?: number, begin = 0): string[] {
    const list = this.list(key, maxLength);
    if (end !== undefined && list.length < end) throw damaged(`${this.where}.${key} is too short`);
    return list.slice(begin, end).map((item) => this.#text(item, key, maxText));
  }

  /** Length of a column, 1 for a constant one. */
  columnLength(key: string, max: number): number {
    const value = this.get(key);
    return Array.isArray(value) ? this.list(key, max).length : 1;
  }

  /** A column of integers: a list of `count`, or one integer that stands for all. */
  integers(key: string, count: number, min: number, max: number): number[] {
    const value = this.get(key);
    if (!Array.isArray(value)) {
      const constant = this.#integer(value, key, min, max);
      return Array.from({ length: count }, () => constant);
    }
    if (value.length !== count) throw damaged(`${this.where}.${key} has ${value.length} entries instead of ${count}`);
    return (value as readonly Json[]).map((item) => this.#integer(item, key, min, max));
  }

  choice<T>(what: string, choices: readonly T[], index: number): T {
    const chosen = choices[index];
    if (chosen === undefined) throw damaged(`${this.where}: ${what} ${index} is unknown`);
    return chosen;
  }

  /** All entries, which must be numbers, short texts, switches or null. */
  options(): Record<string, string | number | boolean | null> {
    const entries = Object.entries(this.#value);
    if (entries.length > maxOptions) throw damaged(`${this.where} has more than ${maxOptions} entries`);
    for (const [key, value] of entries) {
      const fits =
        value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
      if (!fits || key === '__proto__' || key.length > maxOptionName)
        throw damaged(`${this.where}.${key.slice(0, maxOptionName)} is no option`);
      if (typeof value === 'string') this.#text(value, key, maxOptionText);
    }
    return Object.fromEntries(entries) as Record<string, string | number | boolean | null>;
  }

  #text(value: Json, key: string, maxLength: number): string {
    if (typeof value !== 'string') throw damaged(`${this.where}.${key} is not a text`);
    if (value.length > maxLength) throw damaged(`${this.where}.${key} is longer than ${maxLength} characters`);
    return value;
  }

  #integer(value: Json, key: string, min: number, max: number): number {
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      throw damaged(`${this.where}.${key} is not a whole number from ${min} to ${max}`);
    }
    return value as number;
  }
}
