/** Share of questions of which the right choice has the smallest −ln p, summed over its tokens. Questions that are not yet complete do not count. */
import type { Values } from '../log/events';
import { estimate } from '../log/statistics';
import { within } from './interval';
import type { Choice, Gathering, Measure } from './measure';

interface Answers {
  /** Loss of the right one; null before it has come. */
  readonly right: number | null;
  /** The smallest loss of the others. */
  readonly wrong: number;
}

export const accuracy: Measure = ({ choices = [] }) => {
  const left = new Map<number, number>();
  for (const choice of choices) if (choice) left.set(choice.question, (left.get(choice.question) ?? 0) + 1);
  const seen = new Map<number, Answers>();
  const right: Float32Array[] = [];
  const take = ({ question, right: isRight }: Choice, nll: Float32Array) => {
    const loss = nll.reduce((a, b) => a + b, 0);
    const before = seen.get(question) ?? { right: null, wrong: Infinity };
    const now = isRight ? { ...before, right: loss } : { ...before, wrong: Math.min(before.wrong, loss) };
    const more = (left.get(question) ?? 1) - 1;
    left.set(question, more);
    seen.set(question, now);
    // As likely is not found.
    if (more === 0) right.push(Float32Array.of(now.right !== null && now.right < now.wrong ? 1 : 0));
  };
  const gathering: Gathering = {
    add: ({ choice, nll }) => void (choice && take(choice, nll)),
    addOther: ({ choice, nll }) => void (choice && take(choice, nll)),
    values: (): Values => (right.length ? { accuracy: within(0, 1, estimate(right)) } : {}),
  };
  return gathering;
};
