/** The fuzzer itself: that it sees every way in which a reader can fail, goes on behind it, and saves the input. And that kinds are kinds. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from './kinds/index';
import { kinds as trials } from './kinds/trial';
import { streamOf } from './worker';

const root = resolve(import.meta.dirname, '../..');

function fuzz(...args: readonly string[]): {
  readonly status: number | null;
  readonly lines: string[];
  readonly err: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/engine.mjs', 'test/fuzz/main.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n'), err: stderr };
}

const count = 8;
/** The first seed whose inputs hold one of every deed, the last one of them harmless. */
function telling(): { readonly seed: number; readonly deeds: readonly string[] } {
  const [trial] = trials;
  for (let seed = 0; ; seed++) {
    const deeds = Array.from({ length: count }, (_, i) => String(trial?.make(streamOf(seed, 'trial', i))['deed']));
    if (new Set(deeds).size === 7 && deeds.at(-1) === 'good' && deeds.filter((deed) => deed === 'good').length === 2) {
      return { seed, deeds };
    }
  }
}

describe('fuzz', () => {
  it('sees what must not be, ends what does not end, and saves the inputs', () => {
    const { seed, deeds } = telling();
    const { status, lines } = fuzz(
      '--set',
      'trial',
      '--count',
      String(count),
      '--seed',
      String(seed),
      '--patience',
      '1',
    );
    expect(status).toBe(1);
    expect(lines[0]).toMatch(/^trial +8 inputs +5 faults/);
    expect(lines[0]).toContain('refused: odd 1');
    expect(lines.at(-1)).toBe('8 inputs, 5 faults');
    const said: Readonly<Record<string, string>> = {
      foreign: 'TypeError: not one of ours',
      wordy: 'a message of 5000 characters (wordy)',
      wrong: 'what must hold does not',
      endless: 'no end within 10 s',
      fatal: 'the process ended: it said nothing',
    };
    for (const [index, deed] of deeds.entries()) {
      const fault = lines.findIndex((line) => line.startsWith(`  fault in trial ${index}: `));
      if (!said[deed]) {
        expect(fault, deed).toBe(-1);
        continue;
      }
      expect(lines[fault]).toBe(`  fault in trial ${index}: ${said[deed]}`);
      const folder = lines[fault + 1]?.trim() ?? '';
      expect(readFileSync(join(folder, 'deed'), 'utf8')).toBe(deed);
      expect(existsSync(join(folder, 'fault.txt'))).toBe(true);
      rmSync(folder, { recursive: true });
    }
  });

  it('names what it does not know', () => {
    expect(fuzz('--kind', 'links,nothing')).toMatchObject({
      status: 1,
      err: expect.stringContaining('no kind "nothing"') as string,
    });
  });

  it('makes the same input for a seed, and others for others', () => {
    for (const kind of kinds) {
      const inputs = [1, 1, 2].map((seed) => JSON.stringify(kind.make(streamOf(seed, kind.name, 5))));
      expect(inputs[0], kind.name).toBe(inputs[1]);
      const many = new Set(Array.from({ length: 20 }, (_, i) => JSON.stringify(kind.make(streamOf(1, kind.name, i)))));
      expect(many.size, kind.name).toBeGreaterThan(10);
    }
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
  });
});
