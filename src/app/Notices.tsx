/** Errors and warnings stay above the chart until they are dismissed; confirmations pass at the window's edge and move nothing. */
import { useEffect } from 'react';
import type { Notice } from '../store/notices';
import { unready } from '../store/ready';
import { useLab, useLabState } from './context';

export function Notices() {
  const notices = useLabState((state) => state.notices);
  const missing = useLabState(({ engine }) => (engine.status === 'missing' ? engine.reason : null));
  // The newest on top.
  const lasting = notices.filter(({ tone }) => tone !== 'note').reverse();
  const older = lasting.slice(atOnce);
  const passing = notices.filter(({ tone }) => tone === 'note');
  return (
    <>
      {(lasting.length > 0 || missing) && (
        <div className="notices">
          {missing && (
            <div className="notice warning" role="alert">
              <div>
                <h3>No WebGPU here</h3>
                <p>{missing}</p>
                {/Linux/.test(navigator.userAgent) && !/Android/.test(navigator.userAgent) && (
                  <p>
                    On Linux it also takes a Vulkan driver (vulkaninfo shows it). Where Chrome still has none, turn on
                    “Unsafe WebGPU Support” and “Vulkan” under chrome://flags; in Firefox dom.webgpu.enabled under
                    about:config.
                  </p>
                )}
                <p className="stays">Links and saved logs still open: the chart and the tables need no GPU.</p>
              </div>
            </div>
          )}
          {lasting.slice(0, atOnce).map((notice) => (
            <Lasting key={notice.id} notice={notice} />
          ))}
          {older.length > 0 && <Older notices={older} />}
        </div>
      )}
      {passing.length > 0 && (
        <div className="toasts">
          {passing.map((notice) => (
            <Passing key={notice.id} notice={notice} />
          ))}
        </div>
      )}
    </>
  );
}

/** Notices on screen at once: with more of them the chart would be out of sight. */
const atOnce = 3;

function Older({ notices }: { readonly notices: readonly Notice[] }) {
  const lab = useLab();
  return (
    <p className="hint older">
      {notices.length} older {notices.length === 1 ? 'message is' : 'messages are'} not shown.{' '}
      <button type="button" className="quiet" onClick={() => notices.forEach(({ id }) => lab.dismiss(id))}>
        Dismiss {notices.length === 1 ? 'it' : 'them'}
      </button>
    </p>
  );
}

function Lasting({ notice }: { readonly notice: Notice }) {
  return (
    <div className={`notice ${notice.tone}`} role="alert">
      <Words notice={notice} />
      {notice.continues !== null && <Continue run={notice.continues} />}
      <Dismiss notice={notice} />
    </div>
  );
}

function Continue({ run }: { readonly run: string }) {
  const lab = useLab();
  const ready = useLabState((state) => state.activity === 'idle' && unready(state) === null);
  return (
    <button type="button" disabled={!ready} onClick={() => void lab.continueRun(run)}>
      Continue
    </button>
  );
}

/** Milliseconds that a confirmation stays: long enough to read two lines twice. */
const staysFor = 8000;

function Passing({ notice }: { readonly notice: Notice }) {
  const lab = useLab();
  const { id } = notice;
  useEffect(() => {
    const timer = setTimeout(() => lab.dismiss(id), staysFor);
    return () => clearTimeout(timer);
  }, [lab, id]);
  return (
    <div className="notice toast">
      <Words notice={notice} />
      <Dismiss notice={notice} />
    </div>
  );
}

function Words({ notice: { title, text, stays } }: { readonly notice: Notice }) {
  return (
    <div>
      <h3>{title}</h3>
      <p>{text}</p>
      {stays && <p className="stays">{stays}</p>}
    </div>
  );
}

function Dismiss({ notice: { id, title } }: { readonly notice: Notice }) {
  const lab = useLab();
  return (
    <button type="button" className="quiet" aria-label={`Dismiss: ${title}`} onClick={() => lab.dismiss(id)}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
      </svg>
    </button>
  );
}
