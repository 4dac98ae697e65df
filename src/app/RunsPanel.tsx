/** The runs on the shelf: to be named, opened, gone on with, laid beside the shown one in the chart, and deleted. */
import { memo } from 'react';
import { describeRun, runName, type ShelfRun } from '../store/runRecord';
import { unready } from '../store/ready';
import { useLab, useLabState } from './context';

/** Rows that are shown without a box of their own. */
const mostRows = 10;

export function RunsPanel() {
  const lab = useLab();
  const { shelf, shown, beside, removed, running, open } = useLabState((state) => ({
    shelf: state.shelf,
    shown: state.shown,
    beside: state.beside,
    removed: state.removed?.run ?? null,
    running: state.activity !== 'idle',
    // Fingerprint of the checkpoint that could run now.
    open: unready(state) === null ? (state.checkpoint.card?.fingerprint ?? null) : null,
  }));
  if (shelf.length === 0 && !removed) return null;
  return (
    <section className="panel runs-panel" aria-label="Runs">
      <header className="panel-head">
        <div>
          <h2>Runs</h2>
          <p className="hint">
            Kept in this browser, and nowhere else. Tick a run to draw it beside the shown one, of the same model or
            another.
          </p>
        </div>
      </header>
      {removed && (
        <p className="runs-removed" role="status">
          {runName(removed)} was deleted.{' '}
          <button type="button" className="quiet" onClick={() => lab.putBack()}>
            Undo
          </button>
        </p>
      )}
      <div
        className={`table-scroll ${shelf.length > mostRows ? 'tall' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="Runs table, scrollable"
      >
        <table>
          <caption className="unseen">Runs</caption>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Beside</th>
              <th scope="col">Model</th>
              <th scope="col">Measured</th>
              <th scope="col">When</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shelf.map((run) => (
              <Row
                key={run.id}
                run={run}
                place={run.id === shown ? 'shown' : beside.includes(run.id) ? 'beside' : 'away'}
                running={running}
                continuable={run.summary.model.fingerprint === open}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  readonly run: ShelfRun;
  readonly place: 'shown' | 'beside' | 'away';
  readonly running: boolean;
  /** Whether its checkpoint is open. */
  readonly continuable: boolean;
}

/** The row of a run whose numbers come in is drawn again with each batch; the others are not. */
const Row = memo(function Row({ run, place, running, continuable }: RowProps) {
  const lab = useLab();
  const { id, summary, at, elsewhere } = run;
  const name = runName(run);
  const live = running && place === 'shown';
  const unended = summary.status !== 'finished' && summary.finished < summary.planned && run.source === 'live';
  return (
    <tr aria-current={place === 'shown' || undefined}>
      <th scope="row">
        <input
          // A name that comes from another tab is shown; one that is being typed stays.
          key={run.name}
          className="run-name"
          aria-label={`Name of ${name}`}
          defaultValue={run.name ?? ''}
          placeholder={name}
          maxLength={80}
          onBlur={({ target }) => {
            if (target.value.trim() !== (run.name ?? '')) lab.nameRun(id, target.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
      </th>
      <td>
        {place === 'shown' ? (
          'shown'
        ) : (
          <input
            type="checkbox"
            aria-label={`Draw ${name} beside`}
            checked={place === 'beside'}
            disabled={elsewhere}
            onChange={({ target }) => void lab.setBeside(id, target.checked ? 'beside' : 'away')}
          />
        )}
      </td>
      <td>{summary.model.name}</td>
      <td>
        {describeRun(summary, lab.methods)}
        {summary.on && <span className="hint run-ground">{summary.on}</span>}
      </td>
      <td title={new Date(at).toLocaleString()}>{moment(at)}</td>
      <td>{stateOf(run, live)}</td>
      <td>
        <span className="actions">
          {unended && !elsewhere && (
            <button type="button" disabled={running || !continuable} onClick={() => void lab.continueRun(id)}>
              Continue
            </button>
          )}
          <button
            type="button"
            aria-label={`Open ${name}`}
            disabled={place === 'shown' || running || elsewhere}
            onClick={() => void lab.openRun(id)}
          >
            Open
          </button>
          <button
            type="button"
            aria-label={`Delete ${name}`}
            disabled={live || elsewhere}
            onClick={() => void lab.deleteRun(id)}
          >
            Delete
          </button>
        </span>
      </td>
    </tr>
  );
});

function stateOf({ summary, elsewhere, keeping, source }: ShelfRun, live: boolean): string {
  if (elsewhere) return 'running in another tab';
  if (live) return 'running';
  if (source === 'link') return 'from a link';
  const state = summary.status === 'running' || summary.status === 'none' ? 'stopped' : summary.status;
  return keeping === 'tab' ? `${state}, not kept` : state;
}

/** Today the time, else the day. */
function moment(at: string): string {
  const when = new Date(at);
  return when.toDateString() === new Date().toDateString()
    ? when.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : when.toLocaleDateString();
}
