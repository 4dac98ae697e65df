/**
 * Long work on a thread that others wait for: taken in slices, between which messages come in, so that a stop is heard. Without it the
 * stop would wait until the work is done.
 */
import { Cancelled } from './errors';

/** Milliseconds of work between two looks at the outside: a tenth of what people notice as a delay. */
const sliceMilliseconds = 20;

/** The result of `steps`, each of which takes some milliseconds. Cancelled when the signal was aborted between two slices. */
export async function inSlices<T>(steps: Generator<undefined, T>, signal?: AbortSignal): Promise<T> {
  let resumed = performance.now();
  for (;;) {
    if (signal?.aborted) throw new Cancelled();
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - resumed < sliceMilliseconds) continue;
    // A timer, not a promise: only then does the event loop take in what was sent.
    await new Promise((resolve) => setTimeout(resolve, 0));
    resumed = performance.now();
  }
}
