/**
 * What the page remembers from visit to visit beside its runs: the form and the bundled model. In the browser's localStorage; no
 * results, no names of files. What is read back is checked value by value.
 */
import type { StoreApi } from 'zustand/vanilla';
import { parseVariants } from '../log/variants';
import { someWidth, type MethodMeta } from '../quant/recipe/recipe';
import { groups, possible, recipeOf, widths, type Overrides, type Setup } from './plan';
import { startingSetup, type LabState } from './state';

/** The part of localStorage that is used; tests bring their own. */
export type Notebook = Pick<Storage, 'getItem' | 'setItem'>;

export interface Remembered {
  readonly setup: Partial<Setup>;
  /** Id of the bundled model that was open. */
  readonly demo: string | null;
}

const key = 'bitcurve';
const nothing: Remembered = { setup: {}, demo: null };

/** What was written last, as far as it can be used. */
export function recall(notebook: Notebook | null, methods: readonly MethodMeta[]): Remembered {
  try {
    const found: unknown = JSON.parse(notebook?.getItem(key) ?? 'null');
    if (!isRecord(found)) return nothing;
    const text = (value: unknown) => (typeof value === 'string' ? value : null);
    return {
      setup: isRecord(found.setup) ? checked(found.setup, methods) : {},
      demo: text(found.demo),
    };
  } catch {
    // Not ours, or storage is refused: the page starts as on a first visit.
    return nothing;
  }
}

/** Writes down every change of what is remembered. */
export function remember(notebook: Notebook, store: StoreApi<LabState>): void {
  let last = '';
  const write = ({ setup, checkpoint }: LabState) => {
    const text = JSON.stringify({ setup, demo: checkpoint.demo });
    if (text === last) return;
    last = text;
    try {
      notebook.setItem(key, text);
    } catch {
      // Full or refused: the next visit starts with the standard form.
    }
  };
  store.subscribe((state, before) => {
    if (state.setup !== before.setup || state.checkpoint !== before.checkpoint) write(state);
  });
}

type Check = (value: unknown) => boolean;
const whole =
  (low: number, high: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const isVariants: Check = (value) => {
  try {
    parseVariants(value);
    return true;
  } catch {
    return false;
  }
};

const isText: Check = (value) => typeof value === 'string';

/** The limits are those of the form. */
function checksOf(methods: readonly MethodMeta[]): Record<Exclude<keyof Setup, 'overrides'>, Check> {
  return {
    methods: listOf(oneOf(methods.map(({ name }) => name))),
    widths: listOf(oneOf(widths)),
    group: oneOf(groups),
    symmetric: oneOf([true, false]),
    embedding: oneOf([null, ...widths]),
    head: oneOf([null, ...widths]),
    evaluation: isText,
    calibration: isText,
    calibrationPictures: isText,
    protocol: oneOf(['gptq', 'llama.cpp', 'pictures', 'other-pictures']),
    context: whole(2, 131_072),
    maxTokens: (value) => value === null || whole(16, 1e9)(value),
    calibrationTokens: whole(16, 1e7),
    calibrationDraws: whole(1, 8),
    mode: oneOf(['shared', 'sequential']),
    seed: whole(0, 4_294_967_295),
    variants: isVariants,
    sites: oneOf(['usual', 'all']),
  };
}

function checked(found: Record<string, unknown>, methods: readonly MethodMeta[]): Partial<Setup> {
  const sound = Object.entries(checksOf(methods)).filter(([name, check]) => name in found && check(found[name]));
  const setup = Object.fromEntries(sound.map(([name]) => [name, found[name]])) as Partial<Setup>;
  const overrides = isRecord(found.overrides) ? (found.overrides as Setup['overrides']) : {};
  const usable = methods.filter((method) => method.name in overrides && canRun(method, overrides[method.name]));
  return { ...setup, overrides: Object.fromEntries(usable.map(({ name }) => [name, overrides[name] as Overrides])) };
}

/** Whether the method takes these options: another version of the page may have had others. */
function canRun(method: MethodMeta, overrides: unknown): boolean {
  if (!isRecord(overrides)) return false;
  const group = possible(method, null) ? null : 64;
  try {
    recipeOf(method, someWidth(method), {
      ...startingSetup,
      group,
      overrides: { [method.name]: overrides as Overrides },
    });
    return true;
  } catch {
    return false;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
