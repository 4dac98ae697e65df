/**
 * Every measure and its values. A measure is found by its file src/measures/<name>.meta.ts, which exports <name>. Metadata only: what
 * computes them is found by gather.ts.
 */
import type { MeasureMeta, ValueMeta } from './measure';

type Modules = Readonly<Record<string, Readonly<Record<string, MeasureMeta>>>>;

export const metaFiles: Modules = import.meta.glob('./*.meta.ts', { eager: true });

/** What some files say, in the order of the measures' places. */
export function catalogOf(files: Modules) {
  const measures: readonly MeasureMeta[] = Object.values(files)
    .flatMap((module) => Object.values(module))
    .sort((a, b) => a.place - b.place || (a.name < b.name ? -1 : 1));
  const valueMetas: readonly ValueMeta[] = measures.flatMap(({ values }) => values);
  const byName = new Map(valueMetas.map((meta) => [meta.name, meta]));
  return {
    measures,
    valueMetas,
    /** Undefined for a value that another version has measured. */
    findValue: (name: string): ValueMeta | undefined => byName.get(name),
    /** Names as they stand in results: this version's in their order, then others. */
    namesIn: (results: readonly { readonly values: Readonly<Record<string, unknown>> }[]): string[] => {
      const there = new Set(results.flatMap(({ values }) => Object.keys(values)));
      const known = valueMetas.map(({ name }) => name).filter((name) => there.has(name));
      return [...known, ...[...there].filter((name) => !byName.has(name))];
    },
  };
}

export const { measures, valueMetas, findValue, namesIn } = catalogOf(metaFiles);
