/** The page's answer: which point to take for what the reader accepts, which method is best at each width, and what stands against it. */
import { useId, useMemo } from 'react';
import { answer } from '../log/verdict/sentence';
import { usualGoal, type Goal } from '../log/verdict/choose';
import { fullPrecision } from '../store/runView';
import { finishedOf } from '../store/verdict';
import { useLab, useLabState } from './context';
import { labelOf } from './series';

/** The answer for what is shown, and the goal that it is for. */
export function useAnswer() {
  const lab = useLab();
  const { goal, points, about, layers, remarks, model } = useLabState(({ run, goal }) => ({
    goal,
    points: run.points,
    about: run.about,
    layers: run.layers,
    remarks: run.remarks,
    model: run.model,
  }));
  return useMemo(() => {
    const finished = finishedOf({ points, about, layers, remarks, model });
    return { goal, ...answer(finished, goal, (method) => labelOf(method, lab.methods)) };
  }, [goal, points, about, layers, remarks, model, lab.methods]);
}

export function Answer() {
  const { goal, take, comparison, warnings } = useAnswer();
  const { shared, megabytes } = useLabState(({ source, run }) => ({
    shared: source === 'link',
    megabytes: run.points.find(({ id }) => id === fullPrecision)?.size?.megabytes ?? null,
  }));
  if (!take) return null;
  return (
    <section className="answer" aria-label="Answer">
      <p className="answer-take">{take}</p>
      <GoalField goal={goal} whole={megabytes} />
      {warnings.map((warning) => (
        <p className="answer-warning" key={warning}>
          {warning}
        </p>
      ))}
      {comparison && (
        <p className="verdict-line">
          <strong>Best method by width</strong> {comparison}{' '}
          <span className="hint">
            Of methods of about the same size, or smaller. “Beats”: lower, with{' '}
            {shared
              ? 'intervals that lie apart. A link does not hold the windows, of which the run itself compares each with each and so tells more apart.'
              : 'the 95 % interval of the difference all on one side.'}
          </span>
        </p>
      )}
    </section>
  );
}

/** Perplexity that may be lost, in percent; the steps of the slider. */
const losses = [0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100];

/** "I accept a loss of …" or "I have … MB": a choice and a slider. */
function GoalField({ goal, whole }: { readonly goal: Goal; readonly whole: number | null }) {
  const lab = useLab();
  const name = useId();
  const step = whole ? 10 ** (Math.floor(Math.log10(whole)) - 2) : 0.01;
  const set = (kind: Goal['kind']) =>
    lab.aim(kind === 'loss' ? usualGoal : { kind, most: Number(((whole ?? 1) / 3).toPrecision(2)) });
  const nearest = losses.reduce(
    (best, v, i) => (Math.abs(v - goal.most * 100) < Math.abs((losses[best] ?? 0) - goal.most * 100) ? i : best),
    0,
  );
  return (
    <div className="goal">
      <fieldset>
        <legend className="unseen">What the answer is for</legend>
        <label>
          <input type="radio" name={name} checked={goal.kind === 'loss'} onChange={() => set('loss')} /> I accept a loss
        </label>
        <label>
          <input type="radio" name={name} checked={goal.kind === 'megabytes'} onChange={() => set('megabytes')} /> I
          have so much room
        </label>
      </fieldset>
      {goal.kind === 'loss' ? (
        <label className="goal-range">
          <input
            type="range"
            aria-label="Accepted loss of perplexity"
            aria-valuetext={`${losses[nearest]} %`}
            min={0}
            max={losses.length - 1}
            value={nearest}
            onChange={({ target }) => lab.aim({ kind: 'loss', most: (losses[Number(target.value)] ?? 3) / 100 })}
          />
          <output>+{losses[nearest]} % perplexity</output>
        </label>
      ) : (
        <label className="goal-range">
          <input
            type="range"
            aria-label="Megabytes that the model may take"
            aria-valuetext={`${goal.most} MB`}
            min={step}
            max={whole ?? 1}
            step={step}
            value={goal.most}
            onChange={({ target }) => lab.aim({ kind: 'megabytes', most: Number(target.value) })}
          />
          <output>{Number(goal.most.toPrecision(3))} MB</output>
        </label>
      )}
    </div>
  );
}
