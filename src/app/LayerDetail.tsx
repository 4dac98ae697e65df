/** One layer: what the transforms did to its weights and inputs before they were rounded, as histograms. */
import type { LayerResult } from '../lab/events';
import { number } from '../store/format';
import { gain, troubles } from '../store/layerMap';
import { useLabState } from './context';
import { Histogram } from './Histogram';

export function LayerDetail({ layer, same }: { readonly layer: LayerResult; readonly same: boolean }) {
  const remarks = useLabState(({ run }) => run.remarks);
  const { point, block, site, rows, cols, insight, bits } = layer;
  const share = gain(layer);
  const count = troubles(layer, { remarks });
  return (
    <section className="layer-detail" aria-label={`Block ${block}, ${site}`}>
      <h3>
        Block {block}, {site} <span className="hint">of {point}</span>
      </h3>
      <p className="hint">
        {rows} × {cols}, {number(bits, 4)} bits per weight
        {share !== null && `, ${number(share * 100, 3)} % of the error of rounding to nearest`}
        {count > 0 && `, ${count} ${count === 1 ? 'remark' : 'remarks'}`}.
        {same && ' The method changed nothing here: the result is that of rounding to nearest.'}
      </p>
      {insight ? (
        <div className="histograms">
          <Histogram
            title="Weights"
            unit="root mean squares"
            reach={6}
            counts={insight.weights}
            note={outlierNote(insight.outliers)}
          />
          {insight.inputs ? (
            <Histogram
              title="Columns by strength of input"
              unit="octaves from the mean"
              reach={8}
              counts={insight.inputs}
              note="log2 √H: a narrow heap means that no input stands out."
            />
          ) : (
            <p className="empty">The inputs are not known: nothing was calibrated for this recipe.</p>
          )}
        </div>
      ) : (
        <p className="empty">
          Histograms are not recorded for this layer: it comes from a log, or from kept layers, of an earlier version.
        </p>
      )}
    </section>
  );
}

function outlierNote({ before, after }: { readonly before: number; readonly after: number }): string {
  const start = `The largest weight is ${number(before, 3)} times the root mean square`;
  return before === after ? `${start}.` : `${start}, and ${number(after, 3)} times after the transforms.`;
}
