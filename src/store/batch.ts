/** Gathers what arrives between two redraws and applies it once, so that a thousand events cost one. */

export interface Batch<T> {
  add(items: readonly T[]): void;
  /** Applies what has gathered, now. */
  flush(): void;
}

/** `schedule` calls back later, once: requestAnimationFrame where something is drawn, a timer where not. */
export function createBatch<T>(apply: (items: readonly T[]) => void, schedule = nextFrame): Batch<T> {
  let gathered: T[] = [];
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    if (gathered.length === 0) return;
    const items = gathered;
    gathered = [];
    apply(items);
  };
  return {
    add(items) {
      gathered.push(...items);
      if (scheduled) return;
      scheduled = true;
      schedule(flush);
    },
    flush,
  };
}

/** Milliseconds between redraws: faster is not read, and each costs the tables a look at their rows. */
const pause = 100;
let last = -Infinity;

/** In a frame, where there are any: a hidden tab gets none, and a timer serves it as often as the chart redraws. */
function nextFrame(callback: () => void): void {
  const apply = () => {
    last = performance.now();
    callback();
  };
  const visible = typeof document !== 'undefined' && document.visibilityState === 'visible';
  const wait = visible ? last + pause - performance.now() : 200;
  if (wait > 0) setTimeout(apply, wait);
  else requestAnimationFrame(apply);
}
