/** "Quick look", "Normal", "Paper": the measurement for this checkpoint, with the time that each will take here. */
import { estimateSeconds } from '../store/estimate';
import { about } from '../store/format';
import { presetOf, presetsFor } from '../store/presets';
import { useLab, useLabState } from './context';

export function Presets() {
  const lab = useLab();
  const { card, setup, gigaflops, pace } = useLabState(({ checkpoint, setup, engine, pace }) => ({
    card: checkpoint.card,
    setup,
    gigaflops: engine.report?.gigaflops ?? null,
    pace,
  }));
  if (!card) return null;
  const presets = presetsFor(card);
  const chosen = presetOf(setup, presets);
  return (
    <div className="presets" role="group" aria-label="How thoroughly to measure">
      {presets.map(({ name, label, title, setup: change }) => {
        const seconds = estimateSeconds(card, { ...setup, ...change }, lab.methods, { gigaflops, pace });
        return (
          <button
            key={name}
            type="button"
            title={title}
            aria-pressed={chosen === name}
            onClick={() => lab.configure(change)}
          >
            <span>{label}</span>
            <span className="hint">{seconds === null ? '' : about(seconds)}</span>
          </button>
        );
      })}
    </div>
  );
}
