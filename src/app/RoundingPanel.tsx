/** What can be done with weights that cannot be run: how much of each matrix is lost by rounding it. */
import { useMemo, useState } from 'react';
import type { TensorsCard } from '../model/card';
import { plainCurves, plainMethods, plainPoints } from '../quant/recipe/plainMethods';
import type { MethodMeta } from '../quant/recipe/recipe';
import { duration } from '../store/format';
import { roundMatrices, stopRounding } from '../store/rounding';
import { familiesOf, totalCurves } from '../store/roundingTable';
import { roundingTotals, type RoundingView } from '../store/roundingView';
import type { LabState } from '../store/state';
import { counted } from '../util/words';
import { useLab, useLabState } from './context';
import { Segmented } from './controls';
import { RoundingChart } from './RoundingChart';
import { RoundingTable } from './RoundingTable';
import { useThrottled } from './useThrottled';

/** Milliseconds between redraws. */
const redraw = 300;

export function RoundingPanel({ card }: { readonly card: TensorsCard }) {
  const lab = useLab();
  const { rounding, setup, why } = useLabState((state) => ({
    rounding: state.rounding,
    setup: state.setup,
    why: obstacle(state, card),
  }));
  const [wanted, setWanted] = useState<'curves' | 'all'>('curves');
  const choices = useMemo(() => choicesOf(lab.methods), [lab]);
  const methods = choices[wanted];
  const planned = useMemo(() => plainPoints(methods, setup).length, [methods, setup]);
  const view = useThrottled(rounding, redraw);
  const running = rounding?.status === 'running' || rounding?.status === 'stopping';
  return (
    <section className="panel rounding-panel" aria-label="Rounding errors">
      <header className="panel-head">
        <div>
          <h2>Rounding errors</h2>
          <p className="hint">
            {card.name} cannot run, so perplexity cannot be measured: see Checkpoint. What can be told of its weights is
            how much of each matrix is lost when it is rounded to nearest, on grids that need no calibration: the
            squared error as a share of the matrix’s own square. How much a matrix matters to the model, it does not
            tell.
          </p>
        </div>
        <Segmented
          legend="Grids"
          legendStyle="hidden"
          value={wanted}
          options={optionsOf(choices)}
          onChange={setWanted}
          disabled={running}
        />
      </header>
      <div className="run-buttons">
        <button
          type="button"
          className="primary"
          disabled={!running && why !== null}
          aria-disabled={running}
          onClick={() => void roundMatrices(lab, methods)}
        >
          Compute rounding errors
        </button>
        <button type="button" disabled={rounding?.status !== 'running'} onClick={() => stopRounding(lab)}>
          Stop
        </button>
        <p className="run-plan">
          {why ??
            `${counted(card.matrices.tensors, 'matrix', 'matrices')} at ${counted(planned, 'point')}: widths and group as under Bits`}
        </p>
      </div>
      {rounding && <Progress view={rounding} />}
      {rounding?.failure && (
        <p className="card-remark" role="alert">
          {rounding.failure}
        </p>
      )}
      {view && view.matrices.length > 0 && <Rounded view={view} />}
    </section>
  );
}

type Choices = Readonly<Record<'curves' | 'all', readonly MethodMeta[]>>;

const choicesOf = (methods: readonly MethodMeta[]): Choices => ({
  curves: plainCurves(methods),
  all: plainMethods(methods),
});

const optionsOf = ({ curves, all }: Choices) =>
  [
    { value: 'curves', label: 'Grids of every width', title: curves.map(({ label }) => label).join(', ') },
    { value: 'all', label: 'With block formats', title: all.map(({ label }) => label).join(', ') },
  ] as const;

/** Why nothing can be rounded now, in words; null where it can, and where it is being done. */
function obstacle({ engine, checkpoint, setup, activity }: LabState, { matrices }: TensorsCard): string | null {
  if (activity === 'rounding') return null;
  if (engine.status === 'missing') return 'Nothing can be computed without WebGPU';
  if (engine.status === 'starting') return 'Asking for the GPU…';
  if (matrices.tensors === 0) return 'There is no matrix to round';
  if (checkpoint.status !== 'open') return 'Opening the checkpoint…';
  if (activity !== 'idle') return 'A run is under way';
  return setup.widths.length === 0 ? 'Choose at least one width' : null;
}

function Progress({ view: { status, done, secondsLeft, secondsElapsed } }: { readonly view: RoundingView }) {
  const time = secondsElapsed === null ? secondsLeft : secondsElapsed;
  const words = {
    running: 'Rounding…',
    stopping: 'Stopping…',
    finished: 'Finished',
    stopped: 'Stopped',
    failed: 'Failed',
  };
  return (
    <div className="rounding-progress">
      <progress aria-label="Progress of the rounding" max={1} value={done} />
      <p className="run-state">
        <span>{words[status]}</span>
        <span className="figure">{time !== null && `${duration(time)}${secondsElapsed === null ? ' left' : ''}`}</span>
      </p>
    </div>
  );
}

function Rounded({ view }: { readonly view: RoundingView }) {
  const { methods } = useLab();
  const { started, status, matrices, remarks } = view;
  const points = started?.points;
  const totals = useMemo(() => roundingTotals(view), [view]);
  const families = useMemo(() => familiesOf(points ?? [], methods), [points, methods]);
  const curves = useMemo(() => totalCurves(points ?? [], totals, methods), [points, totals, methods]);
  return (
    <>
      {remarks.length > 0 && (
        <details className="remarks">
          <summary>{counted(remarks.length, 'remark')}</summary>
          <ul>
            {remarks.slice(0, 100).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
      <RoundingChart curves={curves} />
      <RoundingTable families={families} matrices={matrices} totals={totals} complete={status === 'finished'} />
    </>
  );
}
