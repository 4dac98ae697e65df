/** Name, promise, and the two ways to open a checkpoint without dragging. */
import { useRef } from 'react';
import { filesOfInput } from './files';
import { useLab } from './context';
import { lazy, Suspense } from 'react';

const Help = lazy(() => import('./Help'));

export function Header() {
  const lab = useLab();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  return (
    <header className="top">
      <div className="brand">
        <svg className="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <path d="M4 4v24h24" fill="none" stroke="currentColor" strokeWidth="1.5" opacity="0.45" />
          <path d="M8 6c1.5 11 6 17 20 18" fill="none" stroke="var(--accent)" strokeWidth="2.5" strokeLinecap="round" />
          <circle cx="11.2" cy="14.6" r="2.6" fill="var(--accent)" />
          <circle cx="19" cy="21.8" r="2.6" fill="var(--accent)" />
        </svg>
        <h1>Bitcurve</h1>
        <p className="tagline">Which quantizer, at which bit width, for this checkpoint?</p>
      </div>
      <p className="promise" title="The page's content security policy allows no connection to any other origin.">
        <svg width="12" height="14" viewBox="0 0 12 14" aria-hidden="true">
          <path d="M3 6V4a3 3 0 0 1 6 0v2" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <rect x="1" y="6" width="10" height="7" rx="1.5" fill="currentColor" />
        </svg>
        <span>Nothing leaves this machine</span>
      </p>
      <a className="top-link" href="#claims">
        What the paper claims
      </a>
      <div className="top-actions">
        <button type="button" onClick={() => folder.current?.click()}>
          Open folder
        </button>
        <button type="button" onClick={() => files.current?.click()}>
          Open checkpoint
        </button>
        <Suspense fallback={null}>
          <Help />
        </Suspense>
      </div>
      <input
        ref={files}
        className="unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-label="Checkpoint files, a text or a log"
        data-testid="files"
        onChange={({ target }) => void lab.receive(filesOfInput(target))}
      />
      <input
        ref={folder}
        className="unseen"
        type="file"
        tabIndex={-1}
        aria-label="Checkpoint folder"
        data-testid="folder"
        onChange={({ target }) => void lab.receive(filesOfInput(target))}
        // React has no property of this name; the attribute is what browsers read.
        {...{ webkitdirectory: '' }}
      />
    </header>
  );
}
