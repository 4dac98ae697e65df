/** Rounded matrices as the page shows them: columns that stand together, rows in an order, shades. Pure. */
import type { RoundingTotal } from '../log/rounding';
import type { PlainPoint } from '../quant/recipe/plainMethods';
import type { MethodMeta } from '../quant/recipe/recipe';
import type { MatrixView } from './roundingView';

/** Points that share a table: a method at its widths, or all formats that have one width each. */
export interface Family {
  readonly key: string;
  readonly label: string;
  readonly columns: readonly { readonly point: string; readonly label: string }[];
}

const formats = 'formats';

export function familiesOf(points: readonly PlainPoint[], methods: readonly MethodMeta[]): readonly Family[] {
  const families = new Map<string, Family>();
  for (const { id, method, bits } of points) {
    const meta = methods.find(({ name }) => name === method);
    const label = meta?.label ?? method;
    const fixed = meta?.widths !== undefined;
    const key = fixed ? formats : method;
    const family = families.get(key) ?? { key, label: fixed ? 'Formats of one width' : label, columns: [] };
    const column = { point: id, label: fixed ? label : `${bits} bits` };
    families.set(key, { ...family, columns: [...family.columns, column] });
  }
  return [...families.values()];
}

/** In the order of the checkpoint, or those that lose most at a point first. */
export function sortedMatrices(matrices: readonly MatrixView[], point: string | null): readonly MatrixView[] {
  if (point === null) return matrices;
  const errorOf = ({ at }: MatrixView) => at.get(point)?.error ?? -1;
  return [...matrices].sort((a, b) => errorOf(b) - errorOf(a));
}

/** 0 to 7: two shades for each doubling beyond the error of all matrices together. */
export function shadeOf(error: number, all: number): number {
  if (!(error > all) || !(all > 0)) return 0;
  return Math.min(7, Math.round(2 * Math.log2(error / all)));
}

/** A method over its widths, as a curve of the total error; totals without an error have no place on a logarithmic axis. */
export interface TotalCurve {
  readonly method: string;
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly bits: number }[];
}

export function totalCurves(
  points: readonly PlainPoint[],
  totals: readonly RoundingTotal[],
  methods: readonly MethodMeta[],
): readonly TotalCurve[] {
  const names = [...new Set(points.map(({ method }) => method))];
  return names.map((method) => ({
    method,
    label: methods.find(({ name }) => name === method)?.label ?? method,
    points: points
      .filter((point) => point.method === method)
      .flatMap(({ id, bits }) => {
        const total = totals.find(({ point }) => point === id);
        return total && total.error > 0 ? [{ x: total.bitsPerWeight, y: total.error, bits }] : [];
      })
      .sort((a, b) => a.x - b.x),
  }));
}
