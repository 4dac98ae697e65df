import { describe, expect, it } from 'vitest';
import { holdForever, openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import { chooseTiles, recallTiles, rememberedTiles } from '../../src/lab/tiles';
import { wayFor } from '../../src/tensor/tileChoice';
import { smallLlama, syntheticCheckpoint } from '../model/synthetic';
import { testGpu } from '../gpu';

const tilesOf = (text: string) => (JSON.parse(text) as { tiles: Record<string, string> }).tiles;

describe('tiles of the matrix product', () => {
  it('are remembered for another device of the same adapter', async () => {
    const gpu = await testGpu();
    await chooseTiles(gpu, await syntheticCheckpoint(smallLlama, 'F16'), new AbortController().signal);
    const text = rememberedTiles(gpu);
    const other = await Gpu.create(openDawn());
    holdForever(other);
    recallTiles(other, text);
    expect(rememberedTiles(other)).toBe(text);
    other.destroy();
  });

  it('serve weights stored otherwise, where the time to measure was up', async () => {
    const gpu = await Gpu.create(openDawn());
    holdForever(gpu);
    expect(wayFor(gpu, 'f16', 512, 576)).toBe('8x8');
    recallTiles(gpu, JSON.stringify({ ...(JSON.parse(rememberedTiles(gpu)) as object), tiles: { f32: '16x8' } }));
    expect(wayFor(gpu, 'f16', 512, 576)).toBe('16x8');
    expect(wayFor(gpu, 'f16', 8, 8)).toBe('4x4');
    // It is no measurement of theirs: a later run still makes one.
    expect(tilesOf(rememberedTiles(gpu))).toEqual({ f32: '16x8' });
    // Only 16-bit weights can be unpacked, and only for many rows.
    recallTiles(gpu, JSON.stringify({ ...(JSON.parse(rememberedTiles(gpu)) as object), tiles: { bf16: 'unpacked' } }));
    expect(wayFor(gpu, 'bf16', 512, 576)).toBe('unpacked');
    expect(wayFor(gpu, 'f32', 512, 576)).toBe('16x8');
    expect(wayFor(gpu, 'bf16', 32, 576)).toBe('16x8');
    const wrong = JSON.stringify({ ...(JSON.parse(rememberedTiles(gpu)) as object), tiles: { f32: 'unpacked' } });
    recallTiles(gpu, wrong);
    expect(tilesOf(rememberedTiles(gpu))).toEqual({ f32: '16x8', bf16: 'unpacked' });
    gpu.destroy();
  });

  it('are not taken from rubbish, or from another adapter', async () => {
    const gpu = await Gpu.create(openDawn());
    holdForever(gpu);
    const other = JSON.stringify({ version: 1, adapter: 'another', tiles: { f32: '4x4' } });
    const unknown = JSON.stringify({ ...(JSON.parse(rememberedTiles(gpu)) as object), tiles: { f32: '3x3' } });
    for (const text of ['', '{', 'null', '[1]', other, unknown, 'x'.repeat(20_000)]) recallTiles(gpu, text);
    expect(tilesOf(rememberedTiles(gpu))).toEqual({});
    gpu.destroy();
  });
});
