/** The whole window takes drops: folders, files, texts, logs. */
import { useEffect, useState, type ReactNode } from 'react';
import { errorNotice } from '../store/notices';
import { useLab, useLabState } from './context';
import { filesOfDrop } from './files';

export function DropZone({ children }: { readonly children: ReactNode }) {
  const lab = useLab();
  const announcement = useLabState((state) => state.announcement);
  const [over, setOver] = useState(false);

  useEffect(() => {
    // dragenter and dragleave come for every element that is crossed.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const end = () => {
      depth = 0;
      setOver(false);
    };
    const escape = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') end();
    };
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      // Without a next element the pointer has left the window.
      if (--depth <= 0 || event.relatedTarget === null) end();
    };
    const move = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      // Some browsers leave without a next element inside the window too: what goes on is still a drag.
      setOver(true);
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    };
    const drop = (event: DragEvent) => {
      end();
      if (!event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      filesOfDrop(event.dataTransfer)
        .then((files) => lab.receive(files))
        .catch((error: unknown) => lab.notify(errorNotice('The dropped files could not be read', error)));
    };
    const listeners = {
      dragenter: enter,
      dragleave: leave,
      dragover: move,
      drop,
      dragend: end,
      keydown: escape,
    } as const;
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        window.removeEventListener(name, listener as EventListener);
    };
  }, [lab]);

  return (
    <>
      {children}
      <p className="unseen" role="status" aria-live="polite">
        {announcement}
      </p>
      {over && (
        <div className="drop-cover" aria-hidden="true">
          <div>
            <strong>Drop it anywhere</strong>
            <span>
              a checkpoint folder or its files, a text (.txt, .jsonl), pictures with their .jsonl, or a saved log
              (.ndjson)
            </span>
          </div>
        </div>
      )}
    </>
  );
}
