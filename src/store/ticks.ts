/** Axis domains and ticks that people would choose: whole bits, and 1-2-5 steps or decades for values. Pure. */

export interface Axis {
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/** Steps 1, 2, 5 × 10ᵏ, at most about `count` of them. */
export function linearAxis(low: number, high: number, count = 6): Axis {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { domain: [ticks[0] as number, ticks[ticks.length - 1] as number], ticks };
}

/** Decades when there are many; few per decade within few; linear ticks within less than a factor of three. Needs 0 < low ≤ high. */
export function logAxis(low: number, high: number): Axis {
  const decades = Math.log10(high / low);
  if (decades < 0.5) {
    // A little room on both sides; ticks stay round numbers inside it.
    const room = Math.max(high / low - 1, 0.02) * 0.08;
    const domain = [low * (1 - room), high * (1 + room)] as const;
    const { ticks } = linearAxis(domain[0], domain[1], 5);
    return { domain, ticks: ticks.filter((t) => t >= domain[0] && t <= domain[1]) };
  }
  const steps = decades > 3.2 ? [1] : decades > 1.6 ? [1, 3] : decades >= 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
  const domain = [low / 1.08, high * 1.08] as const;
  const ticks: number[] = [];
  for (let k = Math.floor(Math.log10(domain[0])); k <= Math.log10(domain[1]); k++) {
    for (const m of steps) {
      const tick = Number(`${m}e${k}`);
      if (tick >= domain[0] && tick <= domain[1]) ticks.push(tick);
    }
  }
  return { domain, ticks };
}
