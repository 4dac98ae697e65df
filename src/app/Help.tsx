/** "?": the page in one minute, its keys, its words. */
import { useRef } from 'react';
import { meanings } from '../store/glossary';

const tour: readonly (readonly [string, string])[] = [
  [
    'Open a model.',
    'The small demo is open already. Drop a Hugging Face folder anywhere to use your own: it is read in this tab, and nothing is sent anywhere.',
  ],
  [
    'Choose methods and widths.',
    '“Good start” takes five methods that differ in their idea. Each has a card with what it does, what it helps and what it costs.',
  ],
  [
    'Press Run.',
    'Every method rounds the model’s weights at every width, and the rounded model is measured on a text. The curve grows as points come in.',
  ],
  [
    'Read the curve.',
    'Left is smaller, down is better. The dotted line is the model as it was; a curve that leaves it shows where rounding begins to cost.',
  ],
  [
    'Take it along.',
    'A link holds the whole chart. A saved log can be dropped again. CSV, JSON, Markdown, PNG and SVG are for elsewhere.',
  ],
];

const keys: readonly (readonly [string, string])[] = [
  ['Ctrl + Enter', 'Run, from anywhere (⌘ + Enter on a Mac)'],
  ['Arrow keys', 'from point to point, when the focus is on one in the chart'],
  ['Esc', 'closes an explanation, or this'],
];

export default function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        className="help"
        aria-label="Help"
        title="The page in one minute"
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        ?
      </button>
      <dialog
        ref={dialog}
        className="help-dialog"
        aria-labelledby="help-title"
        // A press beside the dialog is one on the dialog itself, which its content covers.
        onClick={({ target, currentTarget }) => target === currentTarget && close()}
      >
        <div className="help-body">
          <header className="panel-head">
            <h2 id="help-title">Bitcurve in one minute</h2>
            <button type="button" onClick={close}>
              Close
            </button>
          </header>
          <p>
            Models are made smaller by storing their weights in fewer bits. There are many ways to round, and which is
            best at which width depends on the model. This page tries them on yours.
          </p>
          <ol>
            {tour.map(([what, how]) => (
              <li key={what}>
                <strong>{what}</strong> {how}
              </li>
            ))}
          </ol>
          <h3>Keys</h3>
          <dl className="help-list">
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <h3>Words</h3>
          <dl className="help-list">
            {meanings.map(({ word, text }) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
          <h3>About</h3>
          <p>
            Bitcurve computes in this tab with WebGPU. The page talks to no other computer: its content security policy
            forbids it. It is free software under the MIT licence.
          </p>
        </div>
      </dialog>
    </>
  );
}
