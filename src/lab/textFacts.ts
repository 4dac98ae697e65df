/** What the ids of the texts tell about how far a result can be trusted: whether the two share passages, and whether the model knows the text at all. Pure. */

/** Ids in a row that two texts do not share by chance: some twelve words. */
const passage = 24;
/** Evaluation ids are looked up this far apart. */
const stride = 8;

/** Share of the evaluation windows' passages that stand in the calibration windows as well, 0 to 1. */
export function overlap(evaluation: readonly Uint32Array[], calibration: readonly Uint32Array[]): number {
  const seen = new Set<number>();
  for (const window of calibration) {
    for (let i = 0; i + passage <= window.length; i++) seen.add(hashOf(window, i));
  }
  let looked = 0;
  let found = 0;
  for (const window of evaluation) {
    for (let i = 0; i + passage <= window.length; i += stride) {
      looked++;
      if (seen.has(hashOf(window, i))) found++;
    }
  }
  return looked ? found / looked : 0;
}

/** 53 bits of a passage: two different ones are taken for the same once in 10⁹ look-ups on a million ids. */
function hashOf(ids: Uint32Array, at: number): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = at; i < at + passage; i++) {
    const id = ids[i] as number;
    a = Math.imul(a ^ id, 0x01000193);
    b = Math.imul(b ^ (id + 0x7f4a7c15), 0x85ebca6b);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

/**
 * Entropy of the ids' frequencies in nats per id: what a reader who knows nothing but these would lose. With Miller and Madow's
 * correction, since a short text does not show all its words.
 */
export function frequencyEntropy(windows: readonly Uint32Array[], firstScored: number): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const window of windows) {
    for (const id of window.subarray(firstScored)) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      total++;
    }
  }
  if (total === 0) return 0;
  let entropy = 0;
  for (const n of counts.values()) entropy -= (n / total) * Math.log(n / total);
  return entropy + (counts.size - 1) / (2 * total);
}

/** Share of shared passages from which the texts are said to overlap: a common heading is no overlap. */
export const muchOverlap = 0.01;
/** Loss ÷ entropy of the frequencies from which a text is foreign: a model that was trained on such text stays below 0.6. */
export const foreignFrom = 0.75;
