/** Command-line options: what each is, how it is read, how it is refused. Pure. */
import { RecipeError } from '../util/errors';
import { quoted, shortened } from '../util/words';

export interface OptionMeta {
  readonly name: string;
  /** In help, e.g. "N"; null for a switch. */
  readonly value: string | null;
  readonly line: string;
  readonly required?: boolean;
  /** An option in whose presence it is not required. */
  readonly unless?: string;
}

export type Given = ReadonlyMap<string, string | true>;

/** Reads `--name value`, `--name=value` and switches. A RecipeError for what is unknown, twice, missing or left over. */
export function parseOptions(args: readonly string[], options: readonly OptionMeta[]): Given {
  const given = new Map<string, string | true>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const match = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(arg);
    if (!match) throw refused(`${quoted(arg)} is not an option; options begin with "--"`);
    const [, name = '', inline] = match;
    const option = options.find((o) => o.name === name);
    if (!option)
      throw refused(
        `there is no option --${shortened(name)}; there are ${options.map((o) => `--${o.name}`).join(', ')}`,
      );
    if (given.has(name)) throw refused(`--${name} is given twice`);
    if (option.value === null) {
      if (inline !== undefined) throw refused(`--${name} takes no value`);
      given.set(name, true);
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined || value === '') throw refused(`--${name} needs a value: ${option.value}`);
    given.set(name, value);
  }
  const missing = options.find(
    ({ name, required, unless }) => required && !given.has(name) && !(unless !== undefined && given.has(unless)),
  );
  if (missing) throw refused(`--${missing.name} ${missing.value ?? ''} is missing`);
  return given;
}

export function textOf(given: Given, name: string): string | null {
  const value = given.get(name);
  return typeof value === 'string' ? value : null;
}

/** `because` is said beside the range. */
export function integerOf(
  given: Given,
  name: string,
  fallback: number,
  min: number,
  max: number,
  because = '',
): number {
  const value = textOf(given, name);
  if (value === null) return fallback;
  return wholeNumber(`--${name}`, value, min, max, because);
}

export function wholeNumber(what: string, value: string, min: number, max: number, because = ''): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw refused(`${what} is ${quoted(value)}; expected a whole number from ${min} to ${max}${because}`);
  }
  return number;
}

/** Columns per group; null for `row`, which is also what is meant where nothing is said. */
export function groupOf(given: Given): number | null {
  const text = textOf(given, 'group') ?? 'row';
  return text === 'row' ? null : wholeNumber('--group', text, 2, 65_536);
}

/** Names or numbers between commas. */
export function listOf(text: string, option: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => !item)) throw refused(`${option} ${quoted(text)} has an empty entry`);
  if (new Set(items).size !== items.length) throw refused(`${option} ${quoted(text)} names one twice`);
  return items;
}

export function choiceOf<T extends string>(given: Given, name: string, fallback: T, choices: readonly T[]): T {
  const value = textOf(given, name);
  if (value === null) return fallback;
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) throw refused(`--${name} is ${quoted(value)}; expected ${choices.join(' or ')}`);
  return chosen;
}

export const refused = (what: string) => new RecipeError('bad-option', `${what}. See --help.`);
