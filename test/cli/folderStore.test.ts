/** Finished layers in a folder: what a disk can do to them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderStore } from '../../src/cli/folderStore';
import { RecipeError } from '../../src/util/errors';

let root = '';
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'bitcurve-store-'))));
afterAll(() => rmSync(root, { recursive: true }));

const key = (letter: string) => letter.repeat(64);
const bytes = (size: number) => new Uint8Array(size).fill(7);

describe('a folder of layers', () => {
  it('keeps and gives back, and leaves nothing half written', async () => {
    const folder = join(root, 'new', 'nested');
    const store = await folderStore(folder);
    expect(await store.put(key('a'), bytes(9))).toBe(null);
    expect(await (await folderStore(folder)).get(key('a'))).toEqual(bytes(9));
    expect(readdirSync(folder)).toEqual([`${key('a')}.layer`]);
  });

  it('removes what an ended process was writing, and nothing of a living one or of somebody else', async () => {
    const folder = join(root, 'partial');
    mkdirSync(folder);
    // Process numbers end far below.
    const dead = `${key('a')}.layer.999999999.part`;
    const mine = `${key('b')}.layer.${process.pid}.part`;
    for (const name of [dead, mine, 'notes.part']) writeFileSync(join(folder, name), 'x');
    await folderStore(folder);
    expect(readdirSync(folder).sort()).toEqual([mine, 'notes.part'].sort());
  });

  it('gives room by the age of layers', async () => {
    const folder = join(root, 'full');
    mkdirSync(folder);
    for (const [i, letter] of ['a', 'b', 'c'].entries()) {
      writeFileSync(join(folder, `${key(letter)}.layer`), bytes(40));
      utimesSync(join(folder, `${key(letter)}.layer`), 1000 + i, 1000 + i);
    }
    writeFileSync(join(folder, 'notes.txt'), bytes(500));
    const store = await folderStore(folder, 100);
    expect(readdirSync(folder).sort()).toEqual([`${key('c')}.layer`, 'notes.txt']);
    expect(await store.put(key('d'), bytes(70))).toMatch(/have reached/);
    expect(existsSync(join(folder, `${key('d')}.layer`))).toBe(false);
  });

  it('answers a folder in place of a file, and one that is gone, with the reason', async () => {
    const folder = join(root, 'odd');
    mkdirSync(join(folder, `${key('a')}.layer`), { recursive: true });
    const store = await folderStore(folder);
    expect(await store.get(key('a'))).toBe(null);
    expect(await store.put(key('a'), bytes(9))).toMatch(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual([`${key('a')}.layer`]);
    rmSync(folder, { recursive: true });
    expect(await store.put(key('b'), bytes(9))).toMatch(/ENOENT/);
  });

  it('refuses at once what cannot be a folder', async () => {
    const file = join(root, 'file');
    writeFileSync(file, 'x');
    for (const path of [file, join(file, 'below')]) {
      const opening = folderStore(path);
      await expect(opening).rejects.toBeInstanceOf(RecipeError);
      await expect(opening).rejects.toThrow(/--keep .* cannot be a folder: (EEXIST|ENOTDIR)/);
    }
  });
});
