/** The ways to take the results along. */
import { toMarkdown } from '../store/exports';
import { notice } from '../store/notices';
import { useLab, useLabState } from './context';
import { labelOf } from './series';

export function ResultExports() {
  const lab = useLab();
  const { points, about, source } = useLabState(({ run, source }) => ({
    points: run.points,
    about: run.about,
    source,
  }));
  const measured = points.some(({ state }) => state === 'finished');
  const copyTable = async () => {
    const text = toMarkdown(points, about, (method) => labelOf(method, lab.methods));
    try {
      await navigator.clipboard.writeText(text);
      lab.notify(notice('note', 'The table is on the clipboard', 'As Markdown: paste it into an issue or a README.'));
    } catch {
      lab.notify(
        notice(
          'warning',
          'The table could not be copied',
          'This browser did not allow the clipboard. CSV saves a file.',
        ),
      );
    }
  };
  return (
    <div className="actions exports">
      <button type="button" disabled={!measured} onClick={() => void lab.copyLink()}>
        Copy link
      </button>
      <button type="button" disabled={!measured} onClick={() => void copyTable()}>
        Copy as Markdown
      </button>
      <button
        type="button"
        disabled={points.length === 0 || source === 'link'}
        title="Every event of the run; dropped on this page, it opens again"
        onClick={() => lab.downloadLog()}
      >
        Download log
      </button>
      <button type="button" disabled={!measured} onClick={() => lab.downloadTable('csv')}>
        CSV
      </button>
      <button type="button" disabled={!measured} onClick={() => lab.downloadTable('json')}>
        JSON
      </button>
    </div>
  );
}
