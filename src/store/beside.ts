/** Runs beside the shown one in the chart: their curves, each with the name of its run. Pure. */
import { curves, type Curve, type Scale, type XAxis, type YAxis } from './curves';
import { runName, type ShelfRun } from './runRecord';

export function besideCurves(
  runs: readonly ShelfRun[],
  x: XAxis,
  y: YAxis,
  scale: Scale,
  label: (method: string) => string,
): Curve[] {
  return runs.flatMap((run) =>
    curves(run.view?.points ?? [], x, y, scale, { label, run: runName(run) }).map((curve) => ({
      ...curve,
      // Two runs may have one name.
      key: `${run.id}/${curve.key}`,
    })),
  );
}
