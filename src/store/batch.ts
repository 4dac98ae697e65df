/** Gathers what arrives between two frames and applies it once, so that a thousand events cost one redraw. */

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

/** A hidden tab gets no frames: a timer serves it. 200 ms, as often as the chart redraws. */
function nextFrame(callback: () => void): void {
  if (typeof document !== 'undefined' && document.visibilityState === 'visible') requestAnimationFrame(callback);
  else setTimeout(callback, 200);
}
