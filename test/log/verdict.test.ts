/** Which point to take, which method is best at each width, and when a verdict is withheld. */
import { describe, expect, it } from 'vitest';
import { calibratedTokens, fromLog, type Calibration, type Candidate } from '../../src/log/verdict/candidate';
import { choose, usualGoal } from '../../src/log/verdict/choose';
import { rankings as ranked } from '../../src/log/verdict/rank';
import { answer, comparisonLine } from '../../src/log/verdict/sentence';
import { enoughTokens, overCalibrations, supplyOf } from '../../src/log/verdict/supply';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { finishedOf } from '../../src/store/verdict';
import type { Size } from '../../src/log/events';
import { present } from '../../src/util/assert';
import { sampleLog } from '../store/sampleLog';

const point = (method: string, bits: number, mean: number, half: number, group: number | null = 32): Candidate => ({
  id: `${method}-${bits}`,
  method,
  bits,
  group,
  size: { bitsPerWeight: bits + 19 / (group ?? 256), bitsPerWeightAll: bits, megabytes: bits / 10 },
  values: { lnRatio: { mean, low: mean - half, high: mean + half } },
  losses: null,
  redrawn: [],
  calibrated: method === 'gptq' || method === 'awq',
});
const sized = (candidate: Candidate, size: Partial<Size>): Candidate => ({
  ...candidate,
  size: { ...present(candidate.size, 'a size'), ...size },
});
const label = (method: string) => method.toUpperCase();
const rankings = (points: readonly Candidate[]) => ranked(points, null);
const verdictLine = (points: readonly Candidate[]) => comparisonLine(rankings(points), label);
const plenty: Calibration = { tokens: 65_536, inputs: 256, leaked: false };
const short: Calibration = { tokens: 256, inputs: 256, leaked: false };
const ask = (candidates: readonly Candidate[], calibration: Calibration | null, goal = usualGoal) =>
  answer({ candidates, calibration, megabytes: 1.6, doubts: [], pending: 0 }, goal, label);

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
    const dear = sized(point('gptq-lorc', 3, 0.1, 0.01), { bitsPerWeight: 5 });
    expect(rankings([...cheap, dear])[0]).toMatchObject({ leaders: 1, points: [cheap[1], cheap[0]] });
    // Smaller and better is better, whatever the others cost; smaller and worse is another point of the curve.
    const small = sized(point('quip-sharp', 3, 0.2, 0.01), { bitsPerWeight: 3 });
    expect(rankings([...cheap, dear, small])[0]).toMatchObject({ leaders: 1, points: [small, cheap[1], cheap[0]] });
    expect(rankings([point('rtn', 3, 0.4, 0.01), small])[0]?.points[0]).toBe(small);
    expect(rankings([point('rtn', 3, 0.1, 0.01), small])).toEqual([]);
  });

  it('is said in one line, what is decided first', () => {
    expect(verdictLine(two)).toBe(
      'At 3 bits GPTQ beats RTN (perplexity +28 % against +55 %); at 8 and 6 bits GPTQ and RTN cannot be told apart.',
    );
  });

  it('is said for several widths by the narrowest, and among many against the next', () => {
    expect(verdictLine([...two, point('rtn', 2, 2, 0.1), point('gptq', 2, 1, 0.1)])).toMatch(
      /^At 3 and 2 bits GPTQ beats RTN \(at 2 bits: perplexity \+172 % against ×7\.4\); at 8/,
    );
    const three = [point('a', 4, 0.1, 0.01), point('b', 4, 0.3, 0.01), point('c', 4, 0.2, 0.01)];
    expect(verdictLine(three)).toBe('At 4 bits A beats the others (perplexity +11 % against +22 % of C).');
    expect(verdictLine([...three, point('d', 4, 0.105, 0.01)])).toBe(
      'At 4 bits A and D lead and cannot be told apart.',
    );
  });

  it('needs two measured methods of one width and size', () => {
    expect(verdictLine([point('rtn', 3, 1, 0.1), point('gptq', 4, 1, 0.1)])).toBeNull();
    expect(verdictLine([point('rtn', 3, 1, 0.1), point('gptq', 3, 1, 0.1, 64)])).toBeNull();
    expect(verdictLine([point('rtn', 3, 1, 0.1), { ...point('gptq', 3, 1, 0.1), values: {} }])).toBeNull();
  });

  it('names the one that each width is won against, and tells groups of one method apart', () => {
    const other = [
      point('rtn', 4, 0.2, 0.01),
      point('gptq', 4, 0.1, 0.01),
      point('hqq', 3, 0.5, 0.01),
      point('gptq', 3, 0.3, 0.01),
    ];
    expect(verdictLine(other)).toBe(
      'At 4 bits GPTQ beats RTN (perplexity +11 % against +22 %); at 3 bits GPTQ beats HQQ (perplexity +35 % against +65 %).',
    );
    const groups = [point('rtn', 3, 0.3, 0.01, 256), point('rtn', 3, 0.4, 0.01, 512), point('rtn', 4, 0.1, 0.01, 256)];
    expect(verdictLine(groups)).toMatch(/^At 3 bits RTN in groups of 256 beats RTN in groups of 512 \(/);
    expect(verdictLine([point('rtn', 3, 0.3, 0.01, 512), point('rtn', 3, 0.3, 0.01, null)])).toBe(
      'At 3 bits RTN in groups of 512 and RTN by rows cannot be told apart.',
    );
  });

  it('may be one against a method that broke down', () => {
    const broken = { ...point('rtn', 2, 1, 0.1), values: { lnRatio: { mean: Infinity, low: 9, high: Infinity } } };
    expect(verdictLine([broken, point('gptq', 2, 1, 0.1)])).toContain('GPTQ beats RTN');
  });
});

describe('too little calibration text', () => {
  it('is some tokens for each input of the widest layer', () => {
    expect(supplyOf(short)).toBe('short');
    expect(supplyOf({ tokens: enoughTokens(256), inputs: 256, leaked: false })).toBe('plenty');
    expect(supplyOf(null)).toBe('plenty');
    // A link does not know the layers.
    expect(supplyOf({ tokens: 4096, inputs: null, leaked: false })).toBe('short');
  });

  it('withholds that a method without inputs beats one with them, and says why and what to do', () => {
    const points = [point('rtn', 3, 0.4, 0.02), point('gptq', 3, 0.86, 0.02)];
    expect(ask(points, short).comparison).toBeNull();
    expect(ask(points, short).best.size).toBe(0);
    expect(ask(points, short).warnings.join()).toMatch(
      /^Where GPTQ loses, it may be for want of text: calibrated on 256 tokens, and layers have up to 256 inputs\. Calibrate on [\d,]+ tokens or more to judge it\.$/,
    );
    expect(ask(points, plenty).comparison).toContain('RTN beats GPTQ');
    expect(ask(points, plenty).warnings).toEqual([]);
  });

  it('lets a method win in spite of it, but not against another that suffers as well', () => {
    const wins = [point('rtn', 3, 0.8, 0.02), point('gptq', 3, 0.4, 0.02)];
    expect(ask(wins, short).comparison).toContain('GPTQ beats RTN');
    expect(ask(wins, short).warnings).toEqual([]);
    const three = ask([...wins, point('awq', 3, 0.6, 0.02)], short);
    expect(three.comparison).toBe('At 3 bits GPTQ and AWQ lead, and need more calibration text to be told apart.');
    expect(three.warnings.join()).toMatch(/^Where GPTQ and AWQ lose, it may be for want of text/);
    const behind = ask([...wins, point('awq', 3, 0.9, 0.02)], short);
    expect(behind.comparison).toContain('GPTQ beats RTN');
    expect(behind.warnings.join()).toMatch(/^Where AWQ loses/);
  });

  it('keeps the answer from being final where an unjudged method might take its place', () => {
    const points = [point('rtn', 4, 0.02, 0.005), point('gptq', 4, 0.05, 0.005)];
    expect(ask(points, short).take).toMatch(/^Of what can be judged, take RTN at 4 bits/);
    expect(ask(points, plenty).take).toMatch(/^Take RTN at 4 bits/);
  });

  it('says "so far" while points are still to come', () => {
    const candidates = [point('rtn', 4, 0.02, 0.005)];
    const of = (pending: number) =>
      answer({ candidates, calibration: plenty, megabytes: 1.6, doubts: [], pending }, usualGoal, label).take;
    expect(of(1)).toMatch(/^So far, RTN at 4 bits/);
    expect(of(0)).toMatch(/^Take RTN at 4 bits/);
    const log = sampleLog();
    expect(fromLog(log.slice(0, -3)).pending).toBeGreaterThan(0);
    expect(fromLog(log).pending).toBe(0);
    expect(finishedOf(foldEvents(emptyRun, log.slice(0, -3))).pending).toBe(fromLog(log.slice(0, -3)).pending);
  });

  it('judges nothing that was calibrated on what it is measured on', () => {
    const leaked = { ...plenty, leaked: true };
    const points = [point('rtn', 3, 0.4, 0.02), point('hqq', 3, 0.38, 0.001), point('gptq', 3, 0.2, 0.02)];
    const { take, comparison, best, warnings } = ask(points, leaked, { kind: 'loss', most: 0.6 });
    expect(take).toMatch(/^Of what can be judged, take HQQ at 3 bits/);
    expect(comparison).toBe('At 3 bits HQQ and RTN cannot be told apart.');
    expect(best.size).toBe(0);
    expect(warnings).toEqual(['GPTQ cannot be judged: calibrated on text that it is measured on.']);
    expect(ask(points.slice(2), leaked, { kind: 'loss', most: 0.6 }).take).toMatch(
      /^No answer: GPTQ at 3 bits .* was calibrated on text that it is measured on\. There 0\.300 of 1\.60 MB, perplexity \+22 %/,
    );
    expect(ask(points.slice(2), leaked, { kind: 'loss', most: 0.6 }).chosen).toBeNull();
    const doubted = sampleLog();
    doubted.splice(1, 0, { type: 'text-doubted', doubt: 'overlap', text: 'a', share: 1 });
    expect(fromLog(doubted).calibration?.leaked).toBe(true);
    expect(finishedOf(foldEvents(emptyRun, doubted)).calibration?.leaked).toBe(true);
    expect(fromLog(sampleLog()).calibration?.leaked).toBe(false);
  });

  it('widens every comparison by what another calibration text would change', () => {
    // Another text of 8 tokens an input would move GPTQ by 10.6 % of its loss, one of 64 by 10.1 %: 0.083 and 0.079 at 95 %.
    const near = [point('rtn', 3, 0.481, 0.0001), point('gptq', 3, 0.4, 0.0001)];
    const apart = [point('rtn', 3, 0.5, 0.0001), point('gptq', 3, 0.4, 0.0001)];
    const some: Calibration = { tokens: 256 * 8, inputs: 256, leaked: false };
    expect(ranked(near, some)[0]?.leaders).toBe(2);
    expect(ranked(apart, some)[0]?.leaders).toBe(1);
    expect(ranked(near, { ...some, tokens: 256 * 64 })[0]?.leaders).toBe(1);
    // What reads no inputs does not depend on the text.
    expect(ranked([point('rtn', 3, 0.43, 0.0001), point('hqq', 3, 0.42, 0.0001)], some)[0]?.leaders).toBe(1);
  });

  it('believes measured draws more than what is usual, and gives their interval', () => {
    const some: Calibration = { tokens: 256 * 16, inputs: 256, leaked: false };
    const near = [point('rtn', 3, 0.46, 0.0001), point('gptq', 3, 0.4, 0.0001)];
    expect(ranked(near, some)[0]?.leaders).toBe(2);
    const steady = near.map((p) => (p.calibrated ? { ...p, redrawn: [0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4] } : p));
    const restless = near.map((p) => (p.calibrated ? { ...p, redrawn: [0.3, 0.5, 0.45] } : p));
    expect(ranked(steady, some)[0]?.leaders).toBe(1);
    expect(ranked(restless, { ...some, tokens: 256 * 64 })[0]?.leaders).toBe(2);
    const over = overCalibrations({ values: { lnRatio: { mean: 1, low: 0, high: 2 } }, redrawn: [3] });
    expect([over?.mean, over?.low]).toEqual([2, expect.closeTo(2 - 12.7062, 6)]);
    expect(overCalibrations({ values: { lnRatio: { mean: 1, low: 0, high: 2 } }, redrawn: [] })).toBeNull();
  });

  it('counts whole windows, and no more than the text has', () => {
    const settings = { calibrationTokens: 1000, context: 256 };
    expect(calibratedTokens(settings, 10_000)).toBe(768);
    expect(calibratedTokens(settings, 300)).toBe(256);
    expect(calibratedTokens({ calibrationTokens: 16, context: 256 }, null)).toBe(256);
  });
});

describe('the point to take', () => {
  const curve = [
    point('rtn', 8, 0.001, 0.002),
    point('gptq', 4, 0.014, 0.006),
    point('rtn', 4, 0.025, 0.006),
    point('gptq', 3, 0.24, 0.03),
    point('gptq', 2, 1.7, 0.1),
  ];

  it('is the smallest within the loss, with what lies below it', () => {
    expect(ask(curve, plenty).take).toBe(
      'Take GPTQ at 4 bits in groups of 32: 0.400 of 1.60 MB, perplexity +1.4 % (± 0.6). At 3 bits +27 %. Below, it breaks.',
    );
    expect(ask(curve, plenty, { kind: 'loss', most: 0.3 }).chosen?.id).toBe('gptq-3');
    expect(ask(curve, plenty, { kind: 'loss', most: 0.002 }).take).toMatch(
      /^Take RTN at 8 bits .*perplexity \+0\.1 % \(± 0\.2\), no loss that can be told from none\. At 4 bits \+1\.4 % with GPTQ\./,
    );
  });

  it('is the smallest of about the same size that no other beats beyond chance', () => {
    const small = sized(point('rtn', 4, 0.016, 0.009), { megabytes: 0.362 });
    const larger = sized(point('hqq', 4, 0.015, 0.012), { megabytes: 0.366 });
    const better = sized(point('hqq', 4, 0.002, 0.001), { megabytes: 0.366 });
    expect(ask([small, larger], null).chosen).toBe(small);
    expect(ask([small, better], null).chosen).toBe(better);
    expect(ask([small, larger], null, { kind: 'megabytes', most: 0.4 }).chosen).toBe(small);
    expect(ask([small, better], null, { kind: 'megabytes', most: 0.4 }).chosen).toBe(better);
  });

  it('is the best within a size', () => {
    expect(ask(curve, plenty, { kind: 'megabytes', most: 0.35 }).chosen?.id).toBe('gptq-3');
    expect(ask(curve, plenty, { kind: 'megabytes', most: 0.41 }).chosen?.id).toBe('gptq-4');
  });

  it('says where nothing keeps to the goal', () => {
    const broken = [point('gptq', 3, 0.24, 0.03), point('gptq', 2, 1.7, 0.1)];
    expect(ask(broken, plenty).take).toBe(
      'Nothing measured stays within +3 %; the least loss is that of GPTQ at 3 bits in groups of 32: 0.300 of 1.60 MB, perplexity +27 % (± 3.8). At 2 bits it breaks (perplexity ×5.5).',
    );
    expect(ask(broken, plenty, { kind: 'megabytes', most: 0.1 }).take).toMatch(
      /^Nothing measured fits into 0\.100 MB; the smallest is GPTQ at 2 bits .* it breaks: perplexity ×5\.5\.$/,
    );
  });

  it('is said for one method alone, and not where nothing was measured', () => {
    expect(ask([point('rtn', 4, 0.02, 0.01)], null).take).toMatch(/^Take RTN at 4 bits/);
    expect(ask([], null)).toMatchObject({ chosen: null, take: null, comparison: null, warnings: [] });
    expect(choose([{ ...point('rtn', 4, 0.02, 0.01), size: null }], usualGoal, null).point).toBeNull();
  });

  it('is taken from a log as from the page, and from the last beginning of a log', () => {
    const log = sampleLog();
    const finished = fromLog(log);
    expect(finished.candidates.length).toBe(12);
    expect(finished.calibration?.inputs).toBeGreaterThan(0);
    expect(finishedOf(foldEvents(emptyRun, log))).toMatchObject(finished);
    expect(fromLog([...log, ...log])).toEqual(finished);
    expect(fromLog([])).toEqual({ candidates: [], calibration: null, megabytes: null, doubts: [], pending: 0 });
  });
});
