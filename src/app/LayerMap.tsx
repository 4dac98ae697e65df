/** The layers of a point as a heatmap of blocks, and their experts, by sites; a cell opens what is known of its layer. */
import { memo, useCallback, useMemo, useState } from 'react';
import type { SiteResult } from '../log/events';
import { layerMap, placeName, type LayerCell, type LayerMeasure, type LayerRow } from '../store/layerMap';
import type { TermName } from '../store/glossary';
import type { RunView } from '../store/runView';
import { shades } from '../store/combinations';
import { Segmented } from './controls';
import { LayerDetail } from './LayerDetail';
import { Term } from './Term';

/** Rows that are shown without a box of their own. */
const mostRows = 16;

const measures: readonly { readonly value: LayerMeasure; readonly label: string; readonly title: string }[] = [
  { value: 'gain', label: 'of nearest', title: 'Error as a share of that of rounding to nearest on the same grid' },
  { value: 'bits', label: 'bits', title: 'Storage bits per weight of the layer, parameters included' },
  { value: 'damping', label: 'damping', title: 'Share of the mean diagonal of H added to it' },
  { value: 'fallbacks', label: 'remarks', title: 'How often damping was raised or a named method was replaced' },
  {
    value: 'outliers',
    label: 'outliers',
    title: 'Largest weight over the root mean square, before and after the transforms',
  },
];

/** What a strong colour says. */
const meaning: Readonly<Record<LayerMeasure, string>> = {
  gain: 'is worse',
  bits: 'takes more room',
  damping: 'was harder to solve',
  fallbacks: 'needed more remedies',
  outliers: 'has larger outliers',
};

const term: Readonly<Partial<Record<LayerMeasure, TermName>>> = {
  gain: 'of-nearest',
  damping: 'damping',
  outliers: 'outliers',
};

export function LayerMap({ point, run: view }: { readonly point: string; readonly run: RunView }) {
  const { layers, remarks, about } = view;
  const run = useMemo(() => ({ layers, remarks, about }), [layers, remarks, about]);
  const [measure, setMeasure] = useState<LayerMeasure>('gain');
  const [chosen, setChosen] = useState<string | null>(null);
  const map = useMemo(() => layerMap(run, point, measure), [run, point, measure]);
  const layer = chosen === null ? undefined : run.layers.find((l) => l.point === point && l.site === chosen);
  const title = measures.find(({ value }) => value === measure)?.title ?? '';
  const open = useCallback((layer: SiteResult | null) => setChosen(layer?.site ?? null), []);
  const count = map.rows.flatMap(({ cells }) => cells).filter(Boolean).length;
  return (
    <div className="layer-map-box">
      <div className="layer-map-head">
        <Segmented
          legend="Shown in the map"
          legendStyle="hidden"
          value={measure}
          options={measures}
          onChange={setMeasure}
        />
        <p className="hint">
          {term[measure] ? <Term name={term[measure]} /> : null}
          {term[measure] && ': '}
          {title}. A cell opens its layer.
        </p>
        <p className="hint layer-map-key">
          least
          <span className="shades" aria-hidden="true">
            {Array.from({ length: shades }, (_, i) => (
              <span key={i} data-shade={i} />
            ))}
          </span>
          most; a stronger colour {meaning[measure]}
        </p>
      </div>
      <div
        className={`table-scroll ${map.rows.length > mostRows ? 'tall' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="Map of layers, scrollable"
      >
        <table className="layer-map">
          <caption className="unseen">
            Map of {point}: {title}
          </caption>
          <thead>
            <tr>
              <th scope="col">Block</th>
              {map.sites.map((site) => (
                <th key={site} scope="col">
                  {site}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {map.rows.map((row) => (
              <tr key={rowHead(row)}>
                <th scope="row">{rowHead(row)}</th>
                {row.cells.map((cell, i) =>
                  cell ? (
                    <Cell
                      key={cell.layer.site}
                      layer={cell.layer}
                      text={cell.text}
                      shade={cell.shade}
                      same={cell.same}
                      open={cell.layer === layer}
                      onOpen={open}
                    />
                  ) : (
                    <td key={map.sites[i]} />
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {map.same > 0 && (
        <p className="hint layer-map-same">
          {map.same === count ? 'No layer' : `${map.same} of ${count} layers`}
          {map.same === count
            ? ' was changed by this method: all are as rounding to nearest leaves them.'
            : ' (marked =) are as rounding to nearest leaves them: the method changed nothing there.'}
        </p>
      )}
      {map.beyond > 0 && <p className="hint">{map.beyond} more layers have no room in the map.</p>}
      {layer && (
        <LayerDetail
          layer={layer}
          same={map.rows.some(({ cells }) => cells.some((c) => c?.layer === layer && c.same))}
        />
      )}
    </div>
  );
}

/** Embedding and head stand before and behind the blocks, in rows of their own. */
function rowHead({ block, expert, cells }: LayerRow) {
  if (block === null) return cells.flatMap((cell) => (cell ? [cell.layer.site] : []))[0];
  return expert === null ? block : `${block}, expert ${expert}`;
}

interface CellProps extends LayerCell {
  readonly open: boolean;
  readonly onOpen: (layer: SiteResult | null) => void;
}

/** Drawn again only when it changes: a map of 30 blocks has 210 of them. */
const Cell = memo(function Cell({ text, shade, same, layer, open, onOpen }: CellProps) {
  return (
    <td data-shade={shade ?? undefined}>
      <button
        type="button"
        className="layer-cell"
        aria-expanded={open}
        aria-label={`${placeName(layer)}: ${text}${same ? ', as nearest' : ''}`}
        onClick={() => onOpen(open ? null : layer)}
      >
        {text}
        {same && ' ='}
      </button>
    </td>
  );
});
