/** The chart as a picture to take away. */
import { useState, type RefObject } from 'react';
import { downloadBlob } from '../store/download';
import type { Curve } from '../store/curves';
import { errorNotice } from '../store/notices';
import { curveName } from '../store/summary';
import { useLab } from './context';
import type { Looks } from './series';

interface Props {
  /** The element that holds the drawing. */
  readonly drawing: RefObject<HTMLElement | null>;
  /** Of the model. */
  readonly name: string;
  readonly line: string;
  readonly curves: readonly Curve[];
  readonly looks: ReadonlyMap<string, Looks>;
  readonly reference: boolean;
}

export function ChartExports({ drawing, name, line, curves, looks, reference }: Props) {
  const lab = useLab();
  const [busy, setBusy] = useState(false);
  const save = async (kind: 'svg' | 'png') => {
    if (!drawing.current) return;
    setBusy(true);
    try {
      const entries = curves.flatMap((curve) => {
        const look = looks.get(curve.key);
        return look ? [{ name: curveName(curve), look }] : [];
      });
      // Wanted once in a while: not what the page starts with.
      const { chartPicture, toPng } = await import('./chartPicture');
      const picture = chartPicture(drawing.current, { title: name, line, entries, reference });
      const file = `${name.replace(/[^\w.-]+/g, '-')}-chart.${kind}`;
      const svg = new Blob([picture.text], { type: 'image/svg+xml' });
      downloadBlob(file, kind === 'svg' ? svg : await toPng(picture));
    } catch (error) {
      lab.notify(errorNotice('The picture could not be made', error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="actions" role="group" aria-label="The chart as a picture">
      <button type="button" disabled={busy} onClick={() => void save('png')}>
        PNG
      </button>
      <button type="button" disabled={busy} onClick={() => void save('svg')}>
        SVG
      </button>
    </div>
  );
}
