/** Which method is best at each width, and the sentence that says so. */
import { describe, expect, it } from 'vitest';
import { rankings, verdictLine } from '../../src/store/best';
import { blankPoint, type PointView } from '../../src/store/runView';

const point = (method: string, bits: number, mean: number, half: number, group: number | null = 32): PointView => ({
  ...blankPoint({ id: `${method}-${bits}`, method, bits, group }),
  state: 'finished',
  bitsPerWeight: bits + 19 / (group ?? 256),
  lnRatio: { mean, low: mean - half, high: mean + half },
});
const label = (method: string) => method.toUpperCase();

describe('the best method', () => {
  const two = [
    point('rtn', 8, 0.001, 0.002),
    point('gptq', 8, 0.002, 0.002),
    point('rtn', 6, 0.004, 0.003),
    point('gptq', 6, 0.003, 0.003),
    point('rtn', 3, 0.44, 0.02),
    point('gptq', 3, 0.25, 0.02),
  ];

  it('is the lowest; alone only where no interval reaches into its own', () => {
    expect(rankings(two).map(({ bits, points, leaders }) => [bits, points[0]?.method, leaders])).toEqual([
      [8, 'rtn', 2],
      [6, 'gptq', 2],
      [3, 'gptq', 1],
    ]);
  });

  it('is told apart window by window where the windows are known', () => {
    // Hard and easy windows differ far more than the two methods, which differ a little on each.
    const hard = [3, 1, 2.5, 0.5, 4, 1.5, 2, 0.7, 3.3, 1.1];
    const near = [0.02, 0.03, 0.01, 0.02, 0.03, 0.02, 0.01, 0.02, 0.03, 0.01];
    const best = { ...point('gptq', 3, 0.2, 0.1), losses: hard };
    const other = { ...point('rtn', 3, 0.22, 0.1), losses: hard.map((loss, i) => loss + (near[i] as number)) };
    expect(rankings([other, best])[0]).toMatchObject({ leaders: 1, points: [best, other] });
    // A link has no windows; and one method may be like the best while a lower one is not.
    expect(rankings([{ ...other, losses: null }, best])[0]?.leaders).toBe(2);
    const noisy = { ...point('awq', 3, 0.25, 0.1), losses: hard.map((loss, i) => loss + (i % 2 ? 0.5 : -0.4)) };
    expect(rankings([other, noisy, best])[0]).toMatchObject({ leaders: 2, points: [best, noisy, other] });
  });

  it('is sought among points that cost the same', () => {
    const cheap = [point('rtn', 3, 0.4, 0.01), point('gptq', 3, 0.3, 0.01)];
    const dear = { ...point('gptq-lorc', 3, 0.1, 0.01), bitsPerWeight: 5 };
    expect(rankings([...cheap, dear])[0]).toMatchObject({ leaders: 1, points: [cheap[1], cheap[0]] });
    // Smaller and better is better, whatever the others cost; smaller and worse is another point of the curve.
    const small = { ...point('quip-sharp', 3, 0.2, 0.01), bitsPerWeight: 3 };
    expect(rankings([...cheap, dear, small])[0]).toMatchObject({ leaders: 1, points: [small, cheap[1], cheap[0]] });
    expect(rankings([point('rtn', 3, 0.4, 0.01), small])[0]?.points[0]).toBe(small);
    expect(rankings([point('rtn', 3, 0.1, 0.01), small])).toEqual([]);
  });

  it('is said in one line, what is decided first', () => {
    expect(verdictLine(two, label)).toBe(
      'At 3 bits GPTQ beats RTN (ln ratio 0.25 against 0.44); at 8 and 6 bits GPTQ and RTN cannot be told apart.',
    );
  });

  it('is said for several widths by the narrowest, and among many against the next', () => {
    expect(verdictLine([...two, point('rtn', 2, 2, 0.1), point('gptq', 2, 1, 0.1)], label)).toMatch(
      /^At 3 and 2 bits GPTQ beats RTN \(at 2 bits: ln ratio 1\.0 against 2\.0\); at 8/,
    );
    const three = [point('a', 4, 0.1, 0.01), point('b', 4, 0.3, 0.01), point('c', 4, 0.2, 0.01)];
    expect(verdictLine(three, label)).toBe('At 4 bits A beats the others (ln ratio 0.10 against 0.20 of C).');
    expect(verdictLine([...three, point('d', 4, 0.105, 0.01)], label)).toBe(
      'At 4 bits A and D lead and cannot be told apart.',
    );
  });

  it('needs two finished methods of one width and group', () => {
    expect(verdictLine([point('rtn', 3, 1, 0.1), point('gptq', 4, 1, 0.1)], label)).toBeNull();
    expect(verdictLine([point('rtn', 3, 1, 0.1), point('gptq', 3, 1, 0.1, 64)], label)).toBeNull();
    expect(verdictLine([point('rtn', 3, 1, 0.1), { ...point('gptq', 3, 1, 0.1), state: 'planned' }], label)).toBeNull();
  });

  it('may be one against a method that broke down', () => {
    const broken = { ...point('rtn', 2, 1, 0.1), lnRatio: { mean: Infinity, low: 9, high: Infinity } };
    expect(verdictLine([broken, point('gptq', 2, 1, 0.1)], label)).toContain('GPTQ beats RTN');
  });
});
