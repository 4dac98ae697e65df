import { describe, expect, it } from 'vitest';
import { Pool, view } from '../src/gpu/buffers';
import { holdForever, openDawn } from '../src/gpu/dawn';
import { foldGroups, Gpu, read, readWrite } from '../src/gpu/gpu';
import { submitSeconds } from '../src/gpu/limits';
import { assumedRate, learnRate } from '../src/gpu/rate';
import { Cancelled } from '../src/util/errors';
import { defineKernel } from '../src/gpu/kernel';
import grid from '../shaders/lib/grid.wgsl?raw';
import { testGpu } from './gpu';

const scale = defineKernel({
  name: 'scale',
  code: `
struct Params { n: u32, factor: f32 }
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> x: array<f32>; // [n] input
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [n] output
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(WG)
fn scale(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = linear_group(wid, groups) * WG + lane;
  if (i < params.n) { y[i] = x[i] * params.factor; }
}`,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { n: 'u32', factor: 'f32' },
});

describe('gpu layer', () => {
  it('uploads, runs and reads', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const n = 5_000_000; // more workgroups than one dimension holds
    const x = scope.upload(
      Float32Array.from({ length: n }, (_, i) => i % 1000),
      'x',
    );
    const y = scope.zeros(n * 4, 'y');
    gpu.run(scale, {
      bind: { x: read(view(x)), y: readWrite(view(y)) },
      params: { n, factor: 2 },
      constants: { WG: 32 },
      workgroups: Math.ceil(n / 32),
      work: n,
    });
    const got = new Float32Array(await gpu.read(view(y)));
    expect(got.length).toBe(n);
    expect(got.every((v, i) => v === (i % 1000) * 2)).toBe(true);
  });

  it('recycles freed buffers and forgets their content only when asked', async () => {
    const gpu = await testGpu();
    {
      using scope = gpu.scope('first');
      scope.upload(new Float32Array(1024).fill(7), 'a');
    }
    await gpu.idle();
    using scope = gpu.scope('second');
    const b = scope.zeros(4096, 'b');
    expect(new Float32Array(await gpu.read(view(b))).every((v) => v === 0)).toBe(true);
  });

  it('keeps the sizes that were used last, up to its limit', () => {
    let made = 0;
    const destroyed: number[] = [];
    const create = (bytes: number) => (made++, { destroy: () => destroyed.push(bytes) }) as unknown as GPUBuffer;
    const pool = new Pool(create, 100);
    for (const bytes of [48, 32, 48, 64]) {
      pool.give(pool.take(bytes, 'buffer'));
      pool.settle();
    }
    // 48 was taken again and 64 came last: 32 had to go, and then 48 for the rest.
    expect(made).toBe(3);
    expect(destroyed).toEqual([32, 48]);
    expect(pool.use()).toMatchObject({ liveBytes: 0, pooledBytes: 64, peakBytes: 144 });
  });

  it('reports a shader that does not compile with file, line and source', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const broken = defineKernel({ ...scale, name: 'broken', code: 'fn broken() {\n  let a = nothing;\n}' });
    const x = scope.zeros(16, 'x');
    const y = scope.zeros(16, 'y');
    const attempt = async () => {
      gpu.run(broken, {
        bind: { x: read(view(x)), y: readWrite(view(y)) },
        params: { n: 1, factor: 1 },
        workgroups: 1,
        work: 1,
      });
      await gpu.idle();
    };
    await expect(attempt()).rejects.toThrow(/broken\.wgsl:2:11[\s\S]*> {4}2 {3}let a = nothing/);
    await gpu.idle().catch(() => undefined);
  });

  it('times kernels on the device when asked', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const n = 1 << 20;
    const x = scope.zeros(n * 4, 'x');
    const y = scope.zeros(n * 4, 'y');
    gpu.profile.enabled = true;
    const start = performance.now();
    for (let i = 0; i < 3; i++) {
      gpu.run(scale, {
        bind: { x: read(view(x)), y: readWrite(view(y)) },
        params: { n, factor: i },
        constants: { WG: 64 },
        workgroups: n / 64,
        work: n,
      });
    }
    const row = (await gpu.rows()).find((r) => r.kernel === 'scale');
    gpu.profile.enabled = false;
    expect(row?.dispatches).toBeGreaterThanOrEqual(3);
    expect(row?.seconds).toBeGreaterThan(0);
    // Seconds, not ticks: the device was not busy for longer than it all took.
    expect(row?.seconds).toBeLessThan((performance.now() - start) / 1000);
  });

  it('stops between steps when told to', async () => {
    const gpu = await testGpu();
    await expect(gpu.pace(AbortSignal.abort())).rejects.toThrow(Cancelled);
  });

  it('refuses to bind what was freed', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const x = scope.zeros(16, 'x');
    const y = scope.zeros(16, 'y');
    scope.free(x);
    expect(() =>
      gpu.run(scale, {
        bind: { x: read(view(x)), y: readWrite(view(y)) },
        params: { n: 1, factor: 1 },
        workgroups: 1,
        work: 1,
      }),
    ).toThrow(/x \(x\) was freed/);
  });

  it('says so, at every verb, when the device is lost', async () => {
    const gpu = await Gpu.create(openDawn());
    holdForever(gpu);
    const scope = gpu.scope('test');
    gpu.device.destroy();
    await gpu.device.lost;
    await Promise.resolve();
    expect(() => scope.zeros(16, 'x')).toThrow(/GPU was lost/);
    expect(() => gpu.scope('again')).toThrow(/GPU was lost/);
    await expect(gpu.idle()).rejects.toThrow(/GPU was lost/);
  });

  it('recovers its rate after a submit that stood still', () => {
    expect(learnRate(assumedRate, 1e9, 1)).toBe(1e9);
    expect(learnRate(1e9, 10, 1), 'a round trip tells nothing').toBe(1e9);
    let rate = learnRate(assumedRate, 2e6, 60);
    // Submits are now cut to what this rate does in submitSeconds; the device does 1e9 a second.
    for (let i = 0; i < 20; i++) rate = learnRate(rate, rate * submitSeconds, (rate * submitSeconds) / 1e9);
    expect(rate).toBeGreaterThan(9e8);
  });

  it('folds long counts over two dimensions', () => {
    expect(foldGroups(65_535)).toEqual([65_535, 1, 1]);
    expect(foldGroups(65_536)).toEqual([32_768, 2, 1]);
  });
});
