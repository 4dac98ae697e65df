/** Errors, warnings and confirmations, newest last, each until it is dismissed. */
import { useLab, useLabState } from './context';

export function Notices() {
  const lab = useLab();
  const notices = useLabState((state) => state.notices);
  const missing = useLabState(({ engine }) => (engine.status === 'missing' ? engine.reason : null));
  if (notices.length === 0 && !missing) return null;
  return (
    <div className="notices">
      {missing && (
        <div className="notice warning" role="alert">
          <div>
            <h3>No WebGPU here</h3>
            <p>{missing}</p>
            <p className="stays">Links and saved logs still open: the chart and the tables need no GPU.</p>
          </div>
        </div>
      )}
      {notices.map(({ id, tone, title, text, stays }) => (
        <div key={id} className={`notice ${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
          <div>
            <h3>{title}</h3>
            <p>{text}</p>
            {stays && <p className="stays">{stays}</p>}
          </div>
          <button type="button" className="quiet" aria-label={`Dismiss: ${title}`} onClick={() => lab.dismiss(id)}>
            <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
              <path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
            </svg>
          </button>
        </div>
      ))}
    </div>
  );
}
