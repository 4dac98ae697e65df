/** Which values have a column in tables for people: those that every run has, and others where some point has them. Pure. */
import { valueMetas } from '../measures/catalog';
import type { ValueMeta } from '../measures/measure';
import type { Values } from '../log/events';

export const columnsOf = (points: readonly { readonly values: Values }[]): readonly ValueMeta[] =>
  valueMetas.filter(
    ({ name, shown }) =>
      shown === 'table' || (shown !== 'file' && points.some(({ values }) => values[name] !== undefined)),
  );
