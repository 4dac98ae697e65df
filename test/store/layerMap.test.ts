/** Layers by block and site, and what a method left as it was. */
import { describe, expect, it } from 'vitest';
import { readLog, writeLog } from '../../src/log/file';
import { layerMap, troubles } from '../../src/store/layerMap';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { sampleLog } from './sampleLog';
import { sampleMatrixLog } from './sampleMatrix';

const run = foldEvents(emptyRun, sampleLog());
const matrix = foldEvents(emptyRun, readLog(writeLog(sampleMatrixLog())));

describe('the map of layers', () => {
  it('has a row per block and a column per site', () => {
    const map = layerMap(run, 'gptq-3', 'gain');
    expect(map.sites).toEqual(['attention.qkv', 'attention.output', 'mlp.gate-up', 'mlp.down']);
    expect(map.rows.map(({ block }) => block)).toEqual([0, 1]);
    expect(map.rows[0]?.cells.map((cell) => cell?.text)).toEqual(['40.0 %', '45.0 %', '50.0 %', '55.0 %']);
    expect(map.rows[0]?.cells.map((cell) => cell?.shade)).toEqual([0, 2, 5, 7]);
    expect(map.same).toBe(0);
  });

  it('counts remarks at their layer', () => {
    const map = layerMap(run, 'gptq-2', 'fallbacks');
    expect(map.rows[1]?.cells.map((cell) => cell?.text)).toEqual(['0', '0', '0', '1']);
    const layer = map.rows[1]?.cells[3]?.layer;
    expect(layer && troubles(layer, run)).toBe(1);
  });

  it('gives every expert a row behind that of its block, and its sites the columns of all experts', () => {
    const [first] = run.layers;
    const at = (site: string) => ({ ...first, site }) as NonNullable<typeof first>;
    const sites = ['1.mlp.down', '0.attention.qkv', '0.expert.10.down', '0.expert.2.gate-up', '0.expert.2.down'];
    const layers = [...sites.map((site) => at(`decoder.${site}`)), at('head')];
    const map = layerMap({ ...run, layers }, first?.point ?? '', 'bits');
    expect(map.sites).toEqual(['mlp.down', 'attention.qkv', 'expert.down', 'expert.gate-up', 'head']);
    expect(map.rows.map(({ block, expert }) => [block, expert])).toEqual([
      [0, null],
      [0, 2],
      [0, 10],
      [1, null],
      [null, null],
    ]);
    expect(map.rows[1]?.cells.map((cell) => cell?.layer.site ?? null)).toEqual([
      ...[null, null, 'decoder.0.expert.2.down', 'decoder.0.expert.2.gate-up', null],
    ]);
  });

  it('says outliers before and after, or that they were not recorded', () => {
    expect(layerMap(run, 'gptq-3', 'outliers').rows[0]?.cells[0]).toMatchObject({ text: 'not recorded', shade: null });
    const [, second] = matrix.points;
    expect(layerMap(matrix, second?.id ?? '', 'outliers').rows[0]?.cells[0]?.text).toBe('12.5 → 4.25');
  });

  it('knows layers that the method left as nearest does: by loss, by hash, but not RTN itself', () => {
    expect(layerMap(run, 'rtn-3', 'gain').same).toBe(0);
    const hashes = run.layers.map((layer) => ({ ...layer, loss: null, hash: layer.site }));
    expect(layerMap({ ...run, layers: hashes }, 'gptq-3', 'gain').same).toBe(8);
    const losses = run.layers.map((layer) => ({ ...layer, loss: layer.nearestLoss, hash: layer.point }));
    expect(layerMap({ ...run, layers: losses }, 'gptq-3', 'gain').same).toBe(8);
  });
});
