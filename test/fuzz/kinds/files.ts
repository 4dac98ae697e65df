/** Texts, and records of kept layers. */
import { Cabinet } from '../../../src/lab/cabinet';
import type { KeptSite } from '../../../src/lab/keptSite';
import { memoryStore } from '../../../src/lab/siteStore';
import { readText } from '../../../src/formats/text';
import { must, type Input, type Kind } from '../kind';
import { fileOf } from '../../formats/files';
import { mutateBytes, mutateText, mutateValue, pick } from '../mutate';

const documents = [
  { text: 'Once upon a time there was a miller who had nothing but a mill and a cat.' },
  { text: 'Эники-бэники ели вареники 🔥 水车\n\n'.repeat(3) },
  { text: '\ud83d broken in two \ude00', meta: { id: 4 } },
];
const lines = documents.map((document) => JSON.stringify(document));
const prose = documents.map(({ text }) => text).join('\n');
const utf16 = (text: string) =>
  new Uint8Array(new Uint16Array([0xfeff, ...Array.from(text, (c) => c.charCodeAt(0))]).buffer);

export const texts: Kind = {
  name: 'texts',
  share: 80,
  make(rng): Input {
    const bytes = new TextEncoder().encode(prose);
    switch (rng.integer(5)) {
      case 0:
        return { 'a.txt': mutateBytes(rng, bytes) };
      case 1:
        return { 'a.txt': mutateText(rng, prose) };
      case 2:
        return { 'a.txt': rng.integer(2) ? utf16(prose) : mutateBytes(rng, utf16(prose)) };
      case 3:
        return { 'a.jsonl': lines.map((line) => (rng.integer(2) ? mutateValue(rng, line) : line)).join('\n') };
      default:
        return { 'a.jsonl': mutateText(rng, lines.join(pick(rng, ['\n', '\r\n', '\n\n']))) };
    }
  },
  async attempt(input) {
    const [[name, content] = ['a.txt', '']] = Object.entries(input);
    const { text } = await readText(fileOf(name, content));
    must(text.trim().length > 0, 'a text without letters');
    return 'accepted';
  },
};

const layer: KeptSite = {
  solved: {
    rows: 4,
    cols: 8,
    parts: [
      {
        rows: 4,
        cols: 8,
        codeCols: 8,
        innerCols: 8,
        codes: Uint8Array.from({ length: 12 }, (_, i) => 17 * i),
        parameters: Float32Array.from({ length: 8 }, (_, i) => i / 3),
        groupOf: null,
        kept: [Float32Array.of(1, 2, 3)],
      },
    ],
    storageBits: 352,
    energy: 3.5,
    nearestLoss: 0.2,
    loss: 0.1,
    damping: 0.01,
    insight: null,
    hash: 'ab'.repeat(32),
  },
  events: [],
};
const key = '5e'.repeat(32);
const circumstances = { app: 'a', adapter: 'b', model: 'c', calibration: null, mode: 'shared', seed: 0 };

/** The record as the store gets it. */
const record = await (async () => {
  const store = memoryStore();
  await new Cabinet(store, circumstances).put(key, layer);
  return (await store.get(key)) as Uint8Array<ArrayBuffer>;
})();

export const layers: Kind = {
  name: 'layers',
  share: 70,
  make(rng) {
    if (rng.integer(3)) return { record: mutateBytes(rng, record, record.length) };
    // The checksum's own digits, and lengths.
    const cut = record.slice(0, rng.integer(record.length));
    return { record: rng.integer(2) ? mutateBytes(rng, record, 64) : cut };
  },
  async attempt(input) {
    const damaged = input['record'] as Uint8Array<ArrayBuffer>;
    const store = { ...memoryStore(), get: () => Promise.resolve(damaged) };
    const found = await new Cabinet(store, circumstances).find(key);
    const whole = damaged.length === record.length && damaged.every((byte, i) => byte === record[i]);
    must((found !== null) === whole, whole ? 'an undamaged layer is lost' : 'a damaged layer is believed');
    return found ? 'undamaged' : 'not believed';
  },
};
