/** The layers of a point as a heatmap of blocks by sites; a cell opens what is known of its layer. */
import { useMemo, useState } from 'react';
import { isTable, layerMap, placeName, type LayerCell, type LayerMeasure } from '../store/layerMap';
import { useLabState } from './context';
import { Segmented } from './controls';
import { LayerDetail } from './LayerDetail';

/** Blocks that are shown without a box of their own. */
const mostBlocks = 16;

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

export function LayerMap({ point }: { readonly point: string }) {
  const run = useLabState(({ run: { layers, remarks, about } }) => ({ layers, remarks, about }));
  const [measure, setMeasure] = useState<LayerMeasure>('gain');
  const [chosen, setChosen] = useState<{ readonly block: number; readonly site: string } | null>(null);
  const map = useMemo(() => layerMap(run, point, measure), [run, point, measure]);
  const layer =
    chosen && run.layers.find((l) => l.point === point && l.block === chosen.block && l.site === chosen.site);
  const title = measures.find(({ value }) => value === measure)?.title ?? '';
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
        <p className="hint">{title}. A cell opens its layer.</p>
      </div>
      <div
        className={`table-scroll ${map.rows.length > mostBlocks ? 'tall' : ''}`}
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
            {map.rows.map(({ block, cells }) => (
              <tr key={block}>
                <th scope="row">{rowHead(block, cells)}</th>
                {cells.map((cell, i) =>
                  cell ? (
                    <Cell
                      key={cell.layer.site}
                      cell={cell}
                      open={cell.layer === layer}
                      onOpen={(open) => setChosen(open ? cell.layer : null)}
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
function rowHead(block: number, cells: readonly (LayerCell | null)[]) {
  const [only] = cells.flatMap((cell) => (cell ? [cell.layer.site] : []));
  return only !== undefined && isTable(only) ? only : block;
}

interface CellProps {
  readonly cell: LayerCell;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

function Cell({ cell: { text, shade, same, layer }, open, onOpen }: CellProps) {
  return (
    <td data-shade={shade ?? undefined}>
      <button
        type="button"
        className="layer-cell"
        aria-expanded={open}
        aria-label={`${placeName(layer)}: ${text}${same ? ', as nearest' : ''}`}
        onClick={() => onOpen(!open)}
      >
        {text}
        {same && ' ='}
      </button>
    </td>
  );
}
