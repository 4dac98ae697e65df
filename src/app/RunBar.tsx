/** Run, Stop, and how far it is. Its height does not change, so that nothing jumps. */
import { useMemo } from 'react';
import type { Phase } from '../log/events';
import { isMatrixMethod } from '../quant/recipe/combinations';
import { estimateSeconds } from '../store/estimate';
import { about, duration } from '../store/format';
import { countPoints } from '../store/plan';
import { obstacle } from '../store/ready';
import { fullPrecision, measuringOriginal, type RunView } from '../store/runView';
import { useLab, useLabState } from './context';
import { pointLabel } from './series';

const phases: Record<Phase, string> = {
  reading: 'Reading weights',
  calibrating: 'Calibrating',
  quantizing: 'Quantizing',
  evaluating: 'Evaluating',
};

export function RunBar() {
  const lab = useLab();
  const { run, activity, shownFrom, setup, card, gigaflops, pace, why } = useLabState((state) => ({
    run: state.run,
    activity: state.activity,
    shownFrom: state.source === 'live' ? null : state.source,
    setup: state.setup,
    card: state.checkpoint.card,
    gigaflops: state.engine.report?.gigaflops ?? null,
    pace: state.pace,
    why: obstacle(state, lab.methods),
  }));
  const running = activity === 'running' || activity === 'stopping';
  const planned = countPoints(setup, lab.methods);
  const seconds = useMemo(
    () => card && estimateSeconds(card, setup, lab.methods, { gigaflops, pace }),
    [card, setup, lab.methods, gigaflops, pace],
  );
  const done = run.progress?.done ?? 0;
  const at = run.progress?.point;
  const point = at ? pointLabel(at, run.points, lab.methods) : null;
  return (
    <div className="run-bar">
      <div className="run-buttons">
        {/* Run keeps the focus while it runs: it is not disabled but says that it is busy. */}
        <button
          id="run"
          type="button"
          className="primary"
          title="Ctrl + Enter"
          disabled={!running && why !== null}
          aria-disabled={running}
          onClick={() => {
            if (!running) void lab.run();
          }}
        >
          Run
        </button>
        <button type="button" disabled={activity !== 'running'} onClick={() => lab.stop()}>
          Stop
        </button>
        <p className="run-plan">
          {running || why
            ? ''
            : `${planned} ${planned === 1 ? 'point' : 'points'}${seconds ? `, ${about(seconds)}` : ''}`}
        </p>
      </div>
      <progress aria-label="Progress of the run" max={1} value={run.status === 'finished' ? 1 : running ? done : 0} />
      <p className="run-state">
        <span>{(!running && why) || stateLine(running ? activity : (shownFrom ?? run.status), run, point)}</span>
        <span className="figure">
          {running &&
            run.progress &&
            (run.progress.secondsLeft === null ? 'estimating…' : `${duration(run.progress.secondsLeft)} left`)}
          {!running && run.secondsElapsed !== null && duration(run.secondsElapsed)}
        </span>
      </p>
    </div>
  );
}

function stateLine(status: string, { progress, layers, points }: RunView, point: string | null): string {
  switch (status) {
    case 'stopping':
      return 'Stopping…';
    case 'running':
      if (progress?.point === fullPrecision) return measuringOriginal(points);
      return progress ? `${phases[progress.phase]}${point ? ` ${point}` : ''}` : 'Starting…';
    case 'finished':
      return 'Finished';
    case 'stopped':
      if (layers.length === 0) return 'Stopped';
      return points.some(({ method }) => isMatrixMethod(method))
        ? 'Stopped; “Run the matrix” goes on from here'
        : 'Stopped; the same run goes on from here';
    case 'failed':
      return 'Failed; see the message';
    case 'log':
      return 'A saved log is shown';
    case 'link':
      return 'A shared run is shown';
    default:
      return 'Ready';
  }
}
