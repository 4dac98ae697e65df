/**
 * Every measure and its values. A measure is found by its file src/measures/<name>.meta.ts, which exports <name>. Metadata only: what
 * computes them is found by gather.ts.
 */
import type { MeasureMeta, ValueMeta } from './measure';

type Modules = Readonly<Record<string, Readonly<Record<string, MeasureMeta>>>>;

/** The measures of some modules, in the order of their places. */
export const measuresOf = (modules: Modules): readonly MeasureMeta[] =>
  Object.values(modules)
    .flatMap((module) => Object.values(module))
    .sort((a, b) => a.place - b.place || (a.name < b.name ? -1 : 1));

export const measures = measuresOf(import.meta.glob('./*.meta.ts', { eager: true }));

export const valueMetas: readonly ValueMeta[] = measures.flatMap(({ values }) => values);

const byName = new Map(valueMetas.map((meta) => [meta.name, meta]));

/** Undefined for a value that another version has measured. */
export const findValue = (name: string): ValueMeta | undefined => byName.get(name);

/** Names as they stand in results: this version's in their order, then others. */
export function namesIn(results: readonly { readonly values: Readonly<Record<string, unknown>> }[]): string[] {
  const there = new Set(results.flatMap(({ values }) => Object.keys(values)));
  const known = valueMetas.map(({ name }) => name).filter((name) => there.has(name));
  return [...known, ...[...there].filter((name) => !byName.has(name))];
}
