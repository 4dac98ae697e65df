/** The GPU of the tests: one device a file, and a check that nothing leaked. No adapter fails the tests; it never skips them. */
import { afterAll, afterEach, expect } from 'vitest';
import { holdForever, openDawn } from '../src/gpu/dawn';
import { Gpu } from '../src/gpu/gpu';

let opened: Promise<Gpu> | null = null;

/** The device shared by the tests of one file. */
export async function testGpu(): Promise<Gpu> {
  opened ??= Gpu.create(openDawn());
  const gpu = await opened;
  holdForever(gpu);
  return gpu;
}

afterEach(async () => {
  if (!opened) return;
  const gpu = await opened;
  await gpu.idle();
  expect(gpu.memory().liveBuffers, 'buffers that no scope freed').toBe(0);
});

afterAll(async () => {
  if (opened) (await opened).destroy();
  opened = null;
});
