/** One layer: what the transforms did to its weights and inputs before they were rounded, as histograms. */
import type { SiteResult, MomentFacts } from '../log/events';
import { calibratedTokens } from '../log/verdict/candidate';
import { expertOf, isTable, placeOf } from '../model/siteId';
import { number } from '../store/format';
import { gain, placeName, troubles } from '../store/layerMap';
import { grouped, operationsWords } from '../util/words';
import { useLab, useLabState } from './context';
import { Histogram } from './Histogram';
import { pointLabel } from './series';

export function LayerDetail({ layer, same }: { readonly layer: SiteResult; readonly same: boolean }) {
  const lab = useLab();
  const { remarks, points, calibrated, usual } = useLabState(({ run }) => ({
    remarks: run.remarks,
    points: run.points,
    calibrated: run.calibrated,
    usual: run.about?.calibration ? calibratedTokens(run.about.settings, run.about.calibrationTokens) : null,
  }));
  const { point, site, rows, cols, insight, bits, operations } = layer;
  // An expert is reached by some of the text's tokens only.
  const reached = calibrated.find((of) => of.site === site && (of.point === null || of.point === point));
  const tokens = reached?.tokens ?? (expertOf(placeOf(site).name) ? null : usual);
  const share = gain(layer);
  const count = troubles(layer, { remarks });
  return (
    <section className="layer-detail" aria-label={placeName(layer)}>
      <h3>
        {placeName(layer)} <span className="hint">of {pointLabel(point, points, lab.methods)}</span>
      </h3>
      <p className="hint">
        {rows} × {cols}, {number(bits, 4)} bits per weight
        {share !== null && `, ${number(share * 100, 3)} % of the error of rounding to nearest`}
        {count > 0 && `, ${count} ${count === 1 ? 'remark' : 'remarks'}`}.
        {operations !== undefined &&
          ` When the model runs: + ${operationsWords(operations)}, ${number((100 * operations) / (rows * cols), 2)} % of the layer’s own.`}
        {same && ' The method changed nothing here: the result is that of rounding to nearest.'}
      </p>
      {insight?.moment && <p className="hint">{momentWords(insight.moment, tokens)}</p>}
      {insight ? (
        <div className="histograms">
          <Histogram
            title="Weights"
            unit="times the usual size (root mean square)"
            reach={6}
            counts={insight.weights}
            note={outlierNote(insight.outliers)}
          />
          {insight.inputs ? (
            <Histogram
              title="Columns by strength of input"
              unit="doublings from the mean"
              reach={8}
              counts={insight.inputs}
              note="log2 √H: a narrow heap means that no input stands out."
            />
          ) : (
            <p className="empty">
              {isTable(site)
                ? 'The inputs of embedding and head are not recorded.'
                : 'The inputs are not known: nothing was calibrated for this recipe.'}
            </p>
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

/** What calibration knows of the layer's inputs, so that too little of it is seen layer by layer. */
function momentWords({ inputs, rank, condition }: MomentFacts, tokens: number | null): string {
  const seen = tokens === null ? '' : `${grouped(tokens)} tokens for ${grouped(inputs)} inputs: `;
  return `${seen}${grouped(rank)} of ${grouped(inputs)} directions stand out of the damping (effective rank), condition ${number(condition, 2)}.`;
}

function outlierNote({ before, after }: { readonly before: number; readonly after: number }): string {
  const start = `The largest weight is ${number(before, 3)} times the root mean square`;
  return before === after ? `${start}.` : `${start}, and ${number(after, 3)} times after the transforms.`;
}
