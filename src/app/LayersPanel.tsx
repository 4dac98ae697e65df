/** Layer by layer: how much of the layer's output is lost, against rounding to nearest on the same grid; damping; time. */
import { memo, useMemo, useState } from 'react';
import type { SiteResult } from '../log/events';
import { placeOf } from '../model/siteId';
import { duration, number } from '../store/format';
import { gain, lossShare as loss, worstLayers } from '../store/layerMap';
import { useLab, useLabState } from './context';
import { ExpertsTable } from './ExpertsTable';
import { LayerMap } from './LayerMap';
import { pointLabel } from './series';
import { Term } from './Term';
import { useThrottled } from './useThrottled';
import { WorstLayers } from './WorstLayers';

/** Milliseconds between redraws: a point of 30 blocks has 210 rows. */
const redraw = 500;

/** Rows that are shown without a box of their own: a small model whole. */
const mostRows = 24;

type SortKey = 'place' | 'loss' | 'gain' | 'damping' | 'seconds';

const columns: readonly { readonly key: SortKey; readonly label: string; readonly title: string }[] = [
  { key: 'place', label: 'Layer', title: 'Block and site, in the order of the model' },
  { key: 'loss', label: 'Error', title: 'Relative error of the layer’s output: tr(D H Dᵀ) / tr(W H Wᵀ)' },
  { key: 'gain', label: 'of nearest', title: 'Error as a share of that of rounding to nearest on the same grid' },
  { key: 'damping', label: 'Damping', title: 'Share of the mean diagonal of H added to it' },
  { key: 'seconds', label: 'Time', title: 'Solving and rounding' },
];

const sortValue: Record<Exclude<SortKey, 'place'>, (layer: SiteResult) => number | null> = {
  loss,
  gain,
  damping: ({ damping }) => damping,
  seconds: ({ seconds }) => seconds,
};

export function LayersPanel() {
  const lab = useLab();
  const run = useThrottled(
    useLabState((state) => state.run),
    redraw,
  );
  const { layers, remarks, points: known } = run;
  const [chosen, setChosen] = useState<string | null>(null);
  const [sort, setSort] = useState<SortKey>('place');
  const points = useMemo(() => [...new Set(layers.map(({ point }) => point))], [layers]);
  // Until somebody chooses, the newest point is followed.
  const point = chosen !== null && points.includes(chosen) ? chosen : points.at(-1);
  const shown = useMemo(() => layers.filter((layer) => layer.point === point), [layers, point]);
  const sorted = useMemo(
    () =>
      sort === 'place' ? shown : [...shown].sort((a, b) => (sortValue[sort](b) ?? -1) - (sortValue[sort](a) ?? -1)),
    [shown, sort],
  );
  const worst = Math.max(...shown.map((layer) => loss(layer) ?? 0), Number.MIN_VALUE);
  if (layers.length === 0 && remarks.length === 0) return null;
  const verified = remarks.filter(({ kind }) => kind === 'verified');
  const others = remarks.filter(({ kind }) => kind !== 'verified');
  return (
    <section className="panel" aria-label="Layers">
      <header className="panel-head">
        <h2>Layers</h2>
        <label className="inline-field">
          <span>of</span>
          <select
            value={point}
            onChange={({ target }) => setChosen(target.value)}
            aria-label="Point whose layers are shown"
          >
            {points.map((id) => (
              <option key={id} value={id}>
                {pointLabel(id, known, lab.methods)}
              </option>
            ))}
          </select>
        </label>
      </header>
      {verified.map(({ text }, i) => (
        <p key={i} className="verified">
          {text}
        </p>
      ))}
      {others.length > 0 && (
        <details className="remarks">
          <summary>
            {others.length} {others.length === 1 ? 'remark' : 'remarks'} of the run
          </summary>
          <ul>
            {others.map(({ kind, text }, i) => (
              <li key={i} className={kind}>
                {text}
              </li>
            ))}
          </ul>
        </details>
      )}
      <WorstLayers layers={worstLayers(shown)} />
      {point !== undefined && <ExpertsTable point={point} run={run} />}
      {point !== undefined && <LayerMap point={point} run={run} />}
      <div
        className={`table-scroll ${sorted.length > mostRows ? 'tall' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="Layers table, scrollable"
      >
        <table>
          <caption className="unseen">Layers of {point}</caption>
          <thead>
            <tr>
              {columns.map(({ key, label, title }) => (
                <th
                  key={key}
                  scope="col"
                  aria-sort={sort === key ? (key === 'place' ? 'ascending' : 'descending') : undefined}
                >
                  <button type="button" className="sort" title={title} onClick={() => setSort(key)}>
                    {label}
                  </button>
                </th>
              ))}
              <th scope="col">Shape</th>
              <th scope="col">
                <Term name="hash" />
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((layer) => (
              <Row key={`${layer.site}/${layer.layers.join()}`} layer={layer} worst={worst} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Drawn once: a layer that is solved does not change. */
const Row = memo(function Row({ layer, worst }: { readonly layer: SiteResult; readonly worst: number }) {
  const { block, name } = placeOf(layer.site);
  const relative = loss(layer);
  const share = gain(layer);
  return (
    <tr>
      <th scope="row">
        {block !== null && <span className="block-number">{block}</span>} {name}
        {layer.resumed && <span className="sub">kept</span>}
      </th>
      <td className="bar-cell">
        {relative === null ? (
          <span className="none" title="Nothing was calibrated, so the layer's inputs are not known.">
            not measured
          </span>
        ) : (
          <>
            <meter min={0} max={worst} value={relative} aria-hidden="true" />
            <span className="bar-figure">{percent(relative)}</span>
          </>
        )}
      </td>
      <td>{share === null ? <span className="none">–</span> : percent(share)}</td>
      <td>{layer.damping === 0 ? <span className="none">–</span> : number(layer.damping, 2)}</td>
      <td>{duration(layer.seconds)}</td>
      <td>
        {layer.rows} × {layer.cols}
      </td>
      <td>
        <code title={layer.hash}>{layer.hash.slice(0, 8)}</code>
      </td>
    </tr>
  );
});

const percent = (share: number) => `${number(share * 100, 3)} %`;
