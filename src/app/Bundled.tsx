/** The bundled models: structures as tiles, each with its size, and beneath them how long the chosen one was trained. */
import { useId, useState } from 'react';
import { demoOf, levelsOf } from '../store/demos';
import { bytes } from '../store/format';
import { useLab, useLabState } from './context';

export default function Bundled() {
  const lab = useLab();
  const hint = useId();
  const { demos, id, running } = useLabState((state) => ({
    demos: state.demos,
    id: state.checkpoint.demo,
    running: state.activity !== 'idle',
  }));
  /** Structure under the pointer: its sentence can be read before it is loaded. */
  const [looked, look] = useState<string | null>(null);
  const open = demos.models.find((model) => model.id === id);
  const levels = levelsOf(demos, open?.structure);
  const told = demos.structures.find((structure) => structure.id === (looked ?? open?.structure));
  return (
    <>
      <fieldset className="field" disabled={running}>
        <legend className="label">Structure of the bundled model</legend>
        <div className="tiles" onPointerLeave={() => look(null)}>
          {demos.structures.map(({ id: structure, label, text }) => {
            const next = demoOf(demos, structure, open);
            return next ? (
              <label key={structure} title={text} onPointerEnter={() => look(structure)}>
                <input
                  type="radio"
                  name="structure"
                  checked={structure === open?.structure}
                  aria-describedby={hint}
                  onChange={() => void lab.chooseDemo(next.id)}
                />
                <span>
                  {label} <small>{bytes(next.bytes)}</small>
                </span>
              </label>
            ) : null;
          })}
        </div>
        <p id={hint} className="hint told">
          {told?.text ?? 'Small models that were trained on the same stories. Each is loaded when it is chosen.'}
        </p>
      </fieldset>
      {levels.length > 1 && (
        <fieldset className="field" disabled={running}>
          <legend className="label">Part of its training</legend>
          <div className="segmented wide">
            {levels.map(({ id: level, label, share }) => (
              <label key={level} title={label}>
                <input type="radio" name="demo" checked={level === id} onChange={() => void lab.chooseDemo(level)} />
                <span>{share}%</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </>
  );
}
