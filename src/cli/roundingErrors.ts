/** `inspect --errors`: from options to the points of a rounding, and its table for people. Pure. */
import type { MatrixRounded, RoundingEvent, RoundingTotal } from '../log/rounding';
import { plainCurves, plainMethods, plainPoints, type PlainPoint } from '../quant/recipe/plainMethods';
import type { MethodMeta } from '../quant/recipe/recipe';
import { recipes } from '../quant/recipe/recipes';
import { counted, number, quoted } from '../util/words';
import { groupOf, listOf, refused, textOf, wholeNumber, type Given } from './options';

/** What only means something with --errors. */
export const roundingOptions = ['recipes', 'bits', 'group', 'symmetric'] as const;

const known = plainMethods(recipes);
const namesOf = (methods: readonly MethodMeta[]) => methods.map(({ name }) => name).join(', ');

/** Every method at every width that it has. A RecipeError names the option that is wrong. */
export function roundingPointsOf(given: Given): readonly PlainPoint[] {
  const stray = roundingOptions.find((name) => given.has(name));
  if (!given.has('errors') && stray) throw refused(`--${stray} is of the rounding errors; add --errors`);
  const wanted = textOf(given, 'recipes');
  const names = wanted === null || wanted === 'all' ? null : listOf(wanted, '--recipes');
  const methods = names?.map((name) => {
    const method = known.find((one) => one.name === name);
    if (!method) {
      throw refused(
        `--recipes: ${quoted(name)} is none of the methods that round a matrix without calibration; there are ${namesOf(known)}`,
      );
    }
    return method;
  });
  const widths = listOf(textOf(given, 'bits') ?? '8,4,3,2', '--bits').map((text) => wholeNumber('--bits', text, 2, 8));
  const stuck = methods?.find((method) => method.widths && !method.widths.some((own) => widths.includes(own)));
  if (stuck)
    throw refused(`--recipes: ${stuck.name} has no ${widths.join(', ')} bits; it has ${stuck.widths?.join(', ')}`);
  return plainPoints(methods ?? (wanted === 'all' ? known : plainCurves(recipes)), {
    ...{ widths, group: groupOf(given), symmetric: given.has('symmetric') },
  });
}

/** The table, line by line as the events come: figures first, and last the name, which may be of any length. */
export class RoundingTable {
  #points: readonly PlainPoint[] = [];
  /** Of the matrix whose points are coming in. */
  #row: MatrixRounded[] = [];
  readonly #remarks: string[] = [];
  /** Matrices by "point: used instead". */
  readonly #used = new Map<string, number>();

  /** The lines that an event is worth. */
  add(event: RoundingEvent): readonly string[] {
    switch (event.type) {
      case 'rounding-started': {
        const { checkpoint, adapter, matrices } = event;
        this.#points = event.points;
        return [
          `${checkpoint.name} on ${adapter.name}; ${counted(matrices, 'matrix', 'matrices')}, each rounded to nearest: ‖W − Ŵ‖² / ‖W‖²`,
          this.#line(({ id }) => id, 'shape', 'tensor'),
        ];
      }
      case 'matrix-rounded': {
        const lines = this.#row[0]?.tensor === event.tensor ? [] : this.#flush();
        this.#row.push(event);
        if (event.used !== null) {
          const what = `${event.point} is ${event.used}`;
          this.#used.set(what, (this.#used.get(what) ?? 0) + 1);
        }
        return lines;
      }
      case 'matrix-failed':
        this.#remarks.push(
          `${event.point === null ? '' : `${event.point}: `}${event.error.message.replaceAll(/\s*\n\s*/g, ' ')}`,
        );
        return [];
      case 'rounding-finished':
        return [...this.#flush(), ...this.#sum(event.totals), ...this.#notes()];
      case 'rounding-stopped':
      case 'rounding-failed':
        return [...this.#flush(), ...this.#notes()];
      case 'progressed':
        return [];
    }
  }

  #flush(): readonly string[] {
    const row = this.#row;
    this.#row = [];
    const [first] = row;
    if (!first) return [];
    const cell = ({ id }: PlainPoint) => errorText(row.find(({ point }) => point === id)?.error);
    return [this.#line(cell, `${first.rows} × ${first.cols}`, first.tensor)];
  }

  #sum(totals: readonly RoundingTotal[]): readonly string[] {
    const of = (text: (total: RoundingTotal) => string, what: string) =>
      this.#line(
        ({ id }) => {
          const total = totals.find(({ point }) => point === id);
          return total ? text(total) : '-';
        },
        '',
        what,
      );
    return [
      of(({ error }) => errorText(error), 'all of them'),
      of(({ bitsPerWeight }) => bitsPerWeight.toFixed(3), 'bits/weight of what is rounded'),
      of(({ megabytes }) => megabytes.toFixed(2), 'MB of the file'),
    ];
  }

  #notes(): readonly string[] {
    const used = [...this.#used].map(
      ([what, count]) =>
        `${what} of ${count} ${count === 1 ? 'matrix whose' : 'matrices whose'} columns are not whole blocks`,
    );
    return [...used, ...this.#remarks].map((text) => `Note: ${text}`);
  }

  #line(cell: (point: PlainPoint) => string, shape: string, name: string): string {
    const cells = this.#points.map((point) => cell(point).padStart(Math.max(9, point.id.length + 1)));
    return `${cells.join('')} ${shape.padStart(14)}  ${name}`;
  }
}

/** Three digits: what two matrices differ by is more than that. */
const errorText = (error: number | undefined): string =>
  error === undefined ? '-' : error === 0 || error >= 1e-3 ? number(error, 3) : error.toExponential(2);
