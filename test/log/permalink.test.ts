import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPermalink } from '../../src/log/link/mend';
import { decodePermalink, encodePermalink } from '../../src/log/link/permalink';
import { sharedRun, type SharedRun } from '../../src/log/link/sharedRun';
import { deflate, fromBase64Url, inflate, toBase64Url } from '../../src/log/link/bytes';
import { readV1 } from '../../src/log/link/v1';
import { readV2, writeV2 } from '../../src/log/link/v2';
import { rowOf, type Row } from '../../src/log/rows';
import { assignEarlier, type EarlierRecipe } from '../../src/quant/recipe/assignment';
import type { PointResult } from '../../src/log/events';
import { FormatError } from '../../src/util/errors';
import { createRng, hash32 } from '../../src/util/rng';
import { madeUpLog, madeUpShare } from '../lab/shared';
import { meanOf } from '../meanOf';

const fixtures = join(import.meta.dirname, 'fixtures');

/** A link as its file tells it. */
interface Expected {
  readonly settings: {
    readonly points: readonly ({ readonly recipe: EarlierRecipe | null } | { readonly assignment: unknown })[];
  };
  readonly results: readonly Row[];
}
const pick = (row: Row, keys: object): Row =>
  Object.fromEntries(Object.keys(keys).map((key) => [key, row[key] ?? null]));

/** What rounding may change: less than a thousandth of a value, a hundredth of an interval's half width, a thirtieth of a time. */
function tolerance(key: string, want: Row): number {
  const value = want[key] as number;
  if (key === 'seconds') return value / 30;
  const center = /^(.*)(Low|High)$/.exec(key)?.[1];
  const half = center === undefined ? 0 : Math.abs(value - (want[center] as number));
  return half / 50 + Math.abs(value) * 6e-4 + 1e-5;
}

const change = (result: PointResult, values: PointResult['values'], more: Partial<PointResult> = {}): PointResult => ({
  ...result,
  ...more,
  values: { ...result.values, ...values },
});

/** A link's own text: of layout 1, which is only read, from a fixture. */
const texts: Readonly<Record<string, { read: (text: string) => SharedRun; text: () => Promise<string> }>> = {
  'layout 1': {
    read: readV1,
    text: () => inflate(fromBase64Url(readFileSync(join(fixtures, 'v1-3-points.link'), 'utf8').trim().slice(4)), 1e6),
  },
  'layout 2': { read: readV2, text: () => Promise.resolve(writeV2(madeUpShare(4))) },
};

describe('permalink', () => {
  it('holds 40 points in 2 000 characters', async () => {
    const link = await encodePermalink(madeUpShare(40));
    expect(link.startsWith('#v2.')).toBe(true);
    expect(link.length).toBeLessThanOrEqual(2000);
  });

  it('carries the operations of points that have some', async () => {
    const share = madeUpShare(5);
    const counts = [undefined, 0, 756, 3_221_225_472, undefined, 12];
    const results = share.results.map((result, i) => {
      const operations = counts[i];
      return { ...result, size: { ...result.size, ...(operations !== undefined && { operations }) } };
    });
    const back = await decodePermalink(await encodePermalink({ ...share, results }));
    expect(back.results.map(({ size }) => size.operations)).toEqual(results.map(({ size }) => size.operations));
    expect(back.results.some(({ size }) => size.operations === 3_221_225_472)).toBe(true);
    const without = await decodePermalink(await encodePermalink(share));
    expect(without.results.some(({ size }) => 'operations' in size)).toBe(false);
  });

  it('carries shares of none and of all, whatever stands beside them', async () => {
    const share = madeUpShare(2);
    // Of a tiny model most is no layer: against 13.3 bits a weight a share of one is shorter, and would come back as more.
    const results = share.results.slice(0, 2).map((result, i) => ({
      ...result,
      size: { ...result.size, bitsPerWeightAll: 13.3 },
      values: { ...result.values, accuracy: { mean: i, low: 0, high: i } },
    }));
    const back = await decodePermalink(await encodePermalink({ ...share, results }));
    expect(back.results.map((result) => result.values['accuracy']?.mean)).toEqual([0, 1]);
  });

  it('gives back what was shared', async () => {
    const share = madeUpShare(40);
    const back = await decodePermalink(await encodePermalink(share));
    const { results, ...rest } = share;
    const { results: got, ...gotRest } = back;
    expect(gotRest).toEqual(rest);
    expect(got.length).toBe(results.length);
    got.forEach((result, i) => {
      const want = results[i] as (typeof results)[number];
      expect(want.hash.startsWith(result.hash)).toBe(true);
      const [rows, wanted] = [rowOf(result), rowOf(want)];
      expect(Object.keys(rows)).toEqual(Object.keys(wanted));
      for (const [key, value] of Object.entries(wanted)) {
        if (key === 'hash') continue;
        if (typeof value !== 'number') expect(rows[key], key).toBe(value);
        else expect(Math.abs((rows[key] as number) - value), `${want.id} ${key}`).toBeLessThan(tolerance(key, wanted));
      }
      expect(Math.abs(meanOf(result) / meanOf(want) - 1)).toBeLessThan(1e-5);
    });
  });

  it('carries how wide the layers are and what speaks against the texts, and opens without', async () => {
    const share = madeUpShare(4);
    const more: SharedRun = {
      ...share,
      model: { ...share.model, widestInputs: 1536 },
      doubts: [
        { doubt: 'overlap', share: 0.25 },
        { doubt: 'foreign', share: 1.0204 },
      ],
    };
    const back = await decodePermalink(await encodePermalink(more));
    expect(back.model.widestInputs).toBe(1536);
    expect(back.doubts).toEqual([
      { doubt: 'overlap', share: 0.25 },
      { doubt: 'foreign', share: 1.02 },
    ]);
    await expect(encodePermalink({ ...share, doubts: [{ doubt: 'overlap', share: 1.5 }] })).rejects.toThrow(
      /share more than the whole/,
    );
    // One of a kind, the strongest, however many a log holds.
    const many = Array.from({ length: 9 }, (_, i) => ({ doubt: 'foreign' as const, share: 1 + i / 10 }));
    const crowded = { ...more, doubts: [...many, { doubt: 'overlap' as const, share: 1 }] };
    expect((await decodePermalink(await encodePermalink(crowded))).doubts).toEqual([
      { doubt: 'foreign', share: 1.8 },
      { doubt: 'overlap', share: 1 },
    ]);
    const without = await decodePermalink(await encodePermalink(share));
    expect([without.model.widestInputs, without.doubts]).toEqual([undefined, undefined]);
    const log = madeUpLog();
    log.splice(1, 0, { type: 'text-doubted', doubt: 'overlap', text: 'a', share: 0.5 });
    expect(sharedRun(log)?.doubts).toEqual([{ doubt: 'overlap', share: 0.5 }]);
  });

  it('does not drift when a link is opened and shared again', async () => {
    const once = await encodePermalink(madeUpShare(12));
    const twice = await encodePermalink(await decodePermalink(once));
    expect(await encodePermalink(await decodePermalink(twice))).toBe(twice);
  });

  it('shares a stopped run, own ids, and a run without calibration', async () => {
    const share = madeUpShare(6);
    const odd = {
      ...share,
      calibration: null,
      settings: {
        ...share.settings,
        maxTokens: null,
        protocol: 'llama.cpp' as const,
        mode: 'sequential' as const,
        points: share.settings.points.map((p, i) => ({
          ...p,
          id: i ? `point ${i}` : p.id,
          bits: i ? 3 : 0,
          method: i ? 'rtn' : p.method,
        })),
      },
      results: share.results.slice(0, 3).map((r, i) => ({ ...r, id: i ? `point ${i}` : r.id })),
    };
    const back = await decodePermalink(await encodePermalink(odd));
    expect(back.settings).toEqual(odd.settings);
    expect(back.calibration).toBe(null);
    expect(back.results.map((r) => r.id)).toEqual(['full-precision', 'point 1', 'point 2']);
  });

  it('takes what to share from a log', () => {
    const share = sharedRun(madeUpLog());
    expect(share?.results.map((r) => r.id)).toEqual(['full-precision', 'rtn-8', 'gptq-8']);
    expect(share?.model.label).toBe('stories260K-f32');
    expect(sharedRun(madeUpLog().slice(0, 3))).toBe(null);
  });

  it('opens every link that was ever made', async () => {
    const files = readdirSync(fixtures).filter((name) => name.endsWith('.link'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const back = await decodePermalink(readFileSync(join(fixtures, file), 'utf8').trim());
      const want = JSON.parse(readFileSync(join(fixtures, file.replace('.link', '.json')), 'utf8')) as Expected;
      const { results, settings, ...rest } = back;
      const { points, ...others } = settings;
      expect({ ...rest, settings: others }, file).toEqual({
        ...want,
        results: undefined,
        settings: { ...want.settings, points: undefined },
      });
      // The files hold rows, and up to layout 1 one recipe for all sites.
      expect(points, file).toEqual(
        want.settings.points.map((point) => {
          if (!('recipe' in point)) return point;
          const { recipe, ...planned } = point;
          return { ...planned, assignment: recipe && assignEarlier(recipe) };
        }),
      );
      expect(
        results.map((result) => pick(rowOf(result), want.results[0] ?? {})),
        file,
      ).toEqual(want.results);
    }
  });

  it('carries whatever was measured, a recipe for every site, and sites that stay as stored', async () => {
    const share = madeUpShare(12);
    const values = (i: number) => ({
      accuracy: { mean: 0.5 + i / 100, low: 0.4 + i / 100, high: 0.6 + i / 100 },
      ...(i % 2 ? { tokensPerSecond: { mean: 1000 * i, low: NaN, high: NaN } } : {}),
    });
    const results = share.results.map((result, i) => change(result, values(i)));
    const grid = { name: 'uniform', bits: 8, group: null };
    const except = [
      { where: 'decoder.*.mlp.down', recipe: { transform: [], grid, rounding: { name: 'nearest' }, correction: [] } },
      { where: 'decoder.0.*', recipe: null },
    ];
    const points = share.settings.points.map((point) => ({
      ...point,
      assignment: point.assignment && { ...point.assignment, except },
    }));
    const more = { ...share, settings: { ...share.settings, points }, results };
    const back = await decodePermalink(await encodePermalink(more));
    expect(back.settings).toEqual(more.settings);
    for (const [i, result] of back.results.entries()) {
      const want = values(i);
      expect(meanOf(result, 'accuracy')).toBeCloseTo(want.accuracy.mean, 4);
      expect(result.values['accuracy']?.high).toBeCloseTo(want.accuracy.high, 2);
      expect(result.values['tokensPerSecond']).toEqual(want.tokensPerSecond);
    }
  });

  it('says what is wrong with a link', async () => {
    const good = await encodePermalink(madeUpShare(3));
    await expect(decodePermalink('#v3.abc')).rejects.toThrow(
      /version 3, and this app reads versions 1 and 2. Reload the page/,
    );
    await expect(decodePermalink('#hello')).rejects.toThrow(/not a link of Bitcurve/);
    await expect(decodePermalink(good.slice(0, -9))).rejects.toThrow(/damaged or cut short/);
    await expect(decodePermalink('#v1.')).rejects.toThrow(FormatError);
    await expect(decodePermalink(`#v1.${'A'.repeat(200_000)}`)).rejects.toThrow(/200004 characters/);
    const other = JSON.stringify([1, { a: 'x' }]);
    await expect(decodePermalink(`#v1.${toBase64Url(await deflate(other))}`)).rejects.toThrow(/checksum/);
    expect(isPermalink(good)).toBe(true);
    expect(isPermalink('#section')).toBe(false);
  });

  it('opens what chats and mails make of a link', async () => {
    const good = await encodePermalink(madeUpShare(3));
    const want = await decodePermalink(good);
    const middle = Math.floor(good.length / 2);
    const split = (between: string) => good.slice(0, middle) + between + good.slice(middle);
    const mangled = [
      ...[').', ')', ',', ';', ':', '!', '?', "'", '"', '>', ']', '**', '”.', '…', '%22', '%3E).', '%E2%80%9D'].map(
        (end) => good + end,
      ),
      ...[' ', '%20', '\n', '\r\n', '%0A', '%0D%0A', '\t', '\u200b', '\u00ad', '%C2%AD', '=\n', '=%0D%0A', '\n> '].map(
        split,
      ),
      ` ${good} \n`,
      good.replace('#v2.', '#v2.%20'),
      [...good].join('%20'),
    ];
    for (const link of mangled) {
      expect(isPermalink(link), link.slice(-20)).toBe(true);
      expect(await decodePermalink(link), link.slice(-20)).toEqual(want);
    }
    // What is forgiven is what no link holds; a wrong letter in it is still said.
    await expect(decodePermalink(`${good.slice(0, middle)}~${good.slice(middle + 1)}`)).rejects.toThrow(
      /the character "~"/,
    );
    await expect(decodePermalink(split('A'))).rejects.toThrow(FormatError);
  });

  it('cuts names that are too long, and keeps what has no value out of the columns', async () => {
    const share = madeUpShare(4);
    const long = 'ж'.repeat(254);
    const [full, point, ...rest] = share.results as [PointResult, PointResult, ...PointResult[]];
    const unbounded: SharedRun = {
      ...share,
      app: long,
      adapter: long,
      model: { ...share.model, label: `${'t'.repeat(198)}🙂🙂`, architecture: long },
      evaluation: { ...share.evaluation, label: long },
      calibration: null,
      results: [
        change(full, { perplexity: { mean: meanOf(full), low: 0, high: Infinity } }),
        change(
          point,
          {
            perplexity: { mean: meanOf(point), low: 3, high: NaN },
            lnRatio: { mean: meanOf(point, 'lnRatio'), low: 0, high: Infinity },
            kld: { mean: NaN, low: 0, high: Infinity },
            kld99: { mean: Infinity, low: NaN, high: NaN },
          },
          { seconds: Infinity },
        ),
        ...rest,
      ],
    };
    const back = await decodePermalink(await encodePermalink(unbounded));
    expect(back.model.label).toBe(`${'t'.repeat(198)}…`);
    for (const name of [back.adapter, back.model.architecture, back.evaluation.label]) {
      expect(name).toBe(`${'ж'.repeat(199)}…`);
    }
    const [first, second] = back.results as [PointResult, PointResult];
    expect(meanOf(first)).toBeCloseTo(meanOf(full), 4);
    expect(first.values['perplexity']?.high).toBeGreaterThan(1e200);
    expect(meanOf(second, 'lnRatio')).toBeCloseTo(meanOf(point, 'lnRatio'), 4);
    expect(second.values['lnRatio']?.high).toBeGreaterThan(500);
    expect([second.values['kld'], second.values['kld99']]).toEqual([undefined, undefined]);
    expect(await encodePermalink(back)).toBe(await encodePermalink(await decodePermalink(await encodePermalink(back))));
  });

  it('says why a run has no link, instead of handing out one that does not open', async () => {
    const share = madeUpShare(3);
    const [full, point, last] = share.results as [PointResult, PointResult, PointResult];
    const withPoint = (more: Partial<PointResult>, mean = meanOf(point)): SharedRun => ({
      ...share,
      results: [full, change(point, { perplexity: { mean, low: 1, high: Infinity } }, more), last],
    });
    const planned = share.settings.points;
    const impossible: readonly (readonly [SharedRun, RegExp])[] = [
      [{ ...share, model: { ...share.model, fingerprint: 'a'.repeat(201) } }, /longer than 200 characters/],
      [withPoint({}, -1), /a value is out of its range|"perplexity" of point rtn-8/],
      [withPoint({ tokens: 1e16 }), /"tokens" are too far apart/],
      [withPoint({ id: 'other' }), /its point other is none of the planned ones/],
      [{ ...share, settings: { ...share.settings, seed: -1 } }, /link.s is not a whole number/],
      [{ ...share, settings: { ...share.settings, maxTokens: 0 } }, /its settings cannot/],
      [
        { ...share, settings: { ...share.settings, points: planned.map((p) => ({ ...p, method: 'm'.repeat(81) })) } },
        /longer than 80 characters/,
      ],
    ];
    for (const [run, why] of impossible) {
      const made = encodePermalink(run);
      await expect(made).rejects.toThrow(/^no link can be made of this run: /);
      await expect(made).rejects.toThrow(why);
      await expect(made).rejects.toBeInstanceOf(FormatError);
    }
  });

  it('refuses values nested deep before anything walks them', async () => {
    for (const depth of [65, 5000, 100_000]) {
      const body = `{"a":${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}}`;
      const link = `#v1.${toBase64Url(await deflate(`[${hash32(body)},${body}]`))}`;
      await expect(decodePermalink(link), String(depth)).rejects.toThrow(/nested deeper than any link/);
    }
  });

  it.each(Object.entries(texts))(
    'fills in widths and groups where the writer takes them out, and nowhere else (%s)',
    async (_, layout) => {
      const body = (JSON.parse(await layout.text()) as [number, unknown])[1];
      for (const name of ['$b', '$g']) {
        const damaged = JSON.stringify(body).replaceAll('"name":"uniform"', `"name":"${name}"`);
        const share = layout.read(`[${hash32(damaged)},${damaged}]`);
        const grids = share.settings.points.flatMap(({ assignment, bits, group }) =>
          assignment ? [[assignment.all.grid, bits, group] as const] : [],
        );
        expect(grids.length).toBeGreaterThan(0);
        for (const [grid, bits, group] of grids) expect(grid).toMatchObject({ name, bits, group });
        expect((await decodePermalink(await encodePermalink(share))).settings).toEqual(share.settings);
      }
    },
  );

  it('stops unpacking a bomb', async () => {
    const bomb = `#v1.${toBase64Url(await deflate('0'.repeat(50_000_000)))}`;
    expect(bomb.length).toBeLessThan(100_000);
    await expect(decodePermalink(bomb)).rejects.toThrow(/unpacks to more than/);
  });

  it('survives 5 000 mutations with its own errors only', async () => {
    const rng = createRng(11);
    const good = await encodePermalink(madeUpShare(5));
    const packed = fromBase64Url(good.slice(4));
    let accepted = 0;
    for (let i = 0; i < 5000; i++) {
      const mutated = i % 2 ? mutateText(good) : `#v2.${toBase64Url(mutateBytes(packed))}`;
      try {
        await decodePermalink(mutated);
        accepted++;
      } catch (error) {
        expect(error, String(error)).toBeInstanceOf(FormatError);
      }
    }
    // Only a mutation that changes nothing that counts (a spare bit, an equal byte) may pass the checksum.
    expect(accepted).toBeLessThan(100);

    function mutateText(text: string): string {
      const at = rng.integer(text.length);
      const kind = rng.integer(3);
      if (kind === 0) return text.slice(0, at);
      const letter = String.fromCharCode(33 + rng.integer(200));
      return text.slice(0, at) + letter + text.slice(at + (kind === 1 ? 1 : 0));
    }
    function mutateBytes(bytes: Uint8Array): Uint8Array {
      const copy = bytes.slice();
      for (let n = rng.integer(3); n >= 0; n--) copy[rng.integer(copy.length)] = rng.integer(256);
      return copy;
    }
  });

  it.each(Object.entries(texts))('survives 1 500 mutations behind a right checksum (%s)', async (_, layout) => {
    const rng = createRng(12);
    const good = await layout.text();
    for (let i = 0; i < 1500; i++) {
      const parsed = JSON.parse(good) as [number, unknown];
      parsed[1] = mutate(parsed[1]);
      const body = JSON.stringify(parsed[1] ?? null);
      try {
        const share = layout.read(`[${hash32(body)},${body}]`);
        const means = share.results.flatMap(({ values }) => Object.values(values).map(({ mean }) => mean));
        expect(means.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error, String(error)).toBeInstanceOf(FormatError);
      }
    }

    function mutate(value: unknown): unknown {
      const strange = [null, -1, 1e30, 0.5, '', 'x'.repeat(3000), [], {}, true, '__proto__', [[[]]], 2 ** 53];
      if (rng.uniform() < 0.15) return strange[rng.integer(strange.length)];
      if (Array.isArray(value)) {
        if (!value.length) return strange;
        const at = rng.integer(value.length);
        return value.map((item: unknown, i) => (i === at ? mutate(item) : item));
      }
      if (typeof value === 'object' && value !== null) {
        const keys = Object.keys(value);
        const key = keys[rng.integer(keys.length)] ?? 'x';
        return { ...value, [key]: mutate((value as Record<string, unknown>)[key]) };
      }
      return strange[rng.integer(strange.length)];
    }
  });
});
