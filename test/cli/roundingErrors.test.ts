/** `inspect --errors`: what is asked for, and the table as its lines come. */
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands';
import { parseOptions } from '../../src/cli/options';
import { RoundingTable, roundingPointsOf } from '../../src/cli/roundingErrors';
import type { MatrixRounded, RoundingEvent, RoundingStarted } from '../../src/log/rounding';
import { present } from '../../src/util/assert';

const options = present(
  commands.find(({ name }) => name === 'inspect'),
  'inspect',
).options;
const points = (...more: readonly string[]) => roundingPointsOf(parseOptions(['--model', 'm', ...more], options));
const ids = (...more: readonly string[]) => points('--errors', ...more).map(({ id }) => id);

describe('what is asked for', () => {
  it('is every method that has all widths, at four of them', () => {
    const each = (method: string) => [8, 4, 3, 2].map((bits) => `${method}-${bits}`);
    expect(ids()).toEqual([...each('rtn'), ...each('rtn-mse'), ...each('hqq')]);
    expect(ids('--recipes', 'hqq,q4_0', '--bits', '3,4')).toEqual(['hqq-4', 'hqq-3', 'q4_0-4']);
    expect(ids('--recipes', 'all', '--bits', '8')).toEqual(['rtn-8', 'rtn-mse-8', 'hqq-8', 'q8_0-8']);
    const [rtn] = points('--errors', '--group', '64', '--symmetric');
    expect(rtn?.recipe.grid).toMatchObject({ group: 64, symmetric: true });
  });

  it.each([
    [['--bits', '4'], /--bits is of the rounding errors; add --errors/],
    [['--errors', '--recipes', 'gptq'], /"gptq" is none of the methods that round a matrix without calibration; .*hqq/],
    [['--errors', '--recipes', 'q4_0', '--bits', '3'], /q4_0 has no 3 bits; it has 4/],
    [['--errors', '--bits', '9'], /--bits is "9"/],
    [['--errors', '--bits', '4,'], /empty entry/],
  ])('%j is refused', (given, message) => {
    expect(() => points(...given)).toThrow(message);
  });
});

describe('the table', () => {
  const started = {
    type: 'rounding-started',
    checkpoint: { name: 'm', fingerprint: 'f', bytes: 1 },
    adapter: { name: 'card' },
    points: points('--errors', '--recipes', 'rtn', '--bits', '4,2'),
    matrices: 2,
  } as unknown as RoundingStarted;
  const row = (tensor: string, point: string, error: number, used: string | null = null) =>
    ({ type: 'matrix-rounded', tensor, point, rows: 64, cols: 96, error, used }) as MatrixRounded;
  const total = { error: 0.01, matrices: 2, bitsPerWeight: 4.25, megabytes: 1.5 };
  const damaged = { name: 'FormatError', code: 'x', message: 'b holds NaN.', details: {} };

  it('has a line a matrix, sums at the end, and notes on what is not as asked', () => {
    const events: readonly RoundingEvent[] = [
      started,
      row('a.weight', 'rtn-4', 0.0123456, 'q5_0'),
      row('a.weight', 'rtn-2', 0.25),
      { type: 'matrix-failed', tensor: 'b.weight', point: null, error: damaged },
      row('c.weight', 'rtn-4', 0.0000123),
      {
        type: 'rounding-finished',
        totals: [{ ...total, point: 'rtn-4' }],
        secondsElapsed: 1,
      },
    ];
    const table = new RoundingTable();
    const lines = events.flatMap((event) => table.add(event).map((line) => line.trim().replaceAll(/ +/g, ' ')));
    expect(lines).toEqual([
      'm on card; 2 matrices, each rounded to nearest: ‖W − Ŵ‖² / ‖W‖²',
      'rtn-4 rtn-2 shape tensor',
      '0.0123 0.250 64 × 96 a.weight',
      '1.23e-5 - 64 × 96 c.weight',
      '0.0100 - all of them',
      '4.250 - bits/weight of what is rounded',
      '1.50 - MB of the file',
      'Note: rtn-4 is q5_0 of 1 matrix whose columns are not whole blocks',
      'Note: b holds NaN.',
    ]);
  });

  it('shows what there is when it is stopped', () => {
    const table = new RoundingTable();
    table.add(started);
    table.add(row('a.weight', 'rtn-4', 0.5));
    expect(table.add({ type: 'rounding-stopped', secondsElapsed: 1 })).toHaveLength(1);
  });
});
