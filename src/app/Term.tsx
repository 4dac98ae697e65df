/** A word with its explanation: a button that opens it, by pointer, finger and keyboard alike. Escape or a press elsewhere closes it. */
import { useId, useRef, useState, type ReactNode } from 'react';
import { glossary, type Meaning, type TermName } from '../store/glossary';

interface Props {
  readonly of: Meaning;
  /** What stands in the page; the glossary's word where there is nothing else. */
  readonly children?: ReactNode;
}

/** Pixels between the word and its explanation, and between that and the window's edge. */
const gap = 6;

export function Term({ name, children }: { readonly name: TermName; readonly children?: ReactNode }) {
  return <Explained of={glossary[name]}>{children}</Explained>;
}

/** A word that explains itself. */
export function Explained({ of: { word, text }, children }: Props) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const note = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const place = () => {
    if (!button.current || !note.current) return;
    const { left, bottom, top } = button.current.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = note.current;
    const below = bottom + gap + height <= innerHeight;
    note.current.style.left = `${Math.max(gap, Math.min(left, innerWidth - width - gap))}px`;
    note.current.style.top = `${below ? bottom + gap : Math.max(gap, top - gap - height)}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="term"
        popoverTarget={id}
        aria-expanded={open}
        aria-describedby={open ? id : undefined}
      >
        {children ?? word}
      </button>
      <div
        ref={note}
        id={id}
        className="term-note"
        popover="auto"
        role="note"
        aria-label={word}
        onToggle={({ newState }) => {
          setOpen(newState === 'open');
          if (newState === 'open') place();
        }}
      >
        <strong>{word}</strong> {text}
      </div>
    </>
  );
}
