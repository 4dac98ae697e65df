/** The form of every event, for reading logs from files: which fields, of which kind, how large. Types of events.ts as values. */

type Check = (value: unknown, path: string) => string | null;
type Form = Readonly<Record<string, Check>>;

const wrong = (path: string, expected: string) => `has no ${expected} at "${path}"`;

const text: Check = (v, path) => (typeof v === 'string' && v.length <= 10_000 ? null : wrong(path, 'text'));
const number: Check = (v, path) => (Number.isFinite(v) ? null : wrong(path, 'number'));
const flag: Check = (v, path) => (typeof v === 'boolean' ? null : wrong(path, 'true or false'));
const primitive: Check = (v, path) =>
  v === null || typeof v === 'boolean' ? null : typeof v === 'number' ? number(v, path) : text(v, path);
const nullable =
  (check: Check): Check =>
  (v, path) =>
    v === null ? null : check(v, path);
const oneOf =
  (...choices: readonly string[]): Check =>
  (v, path) =>
    choices.includes(v as string) ? null : wrong(path, choices.join(' or '));
const optional =
  (check: Check): Check =>
  (v, path) =>
    v === undefined ? null : check(v, path);
const list =
  (check: Check, limit = 10_000): Check =>
  (v, path) => {
    if (!Array.isArray(v) || v.length > limit) return wrong(path, `list of at most ${limit}`);
    for (let i = 0; i < v.length; i++) {
      const found = check(v[i], `${path}[${i}]`);
      if (found) return found;
    }
    return null;
  };
const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const record =
  (form: Form): Check =>
  (v, path) => {
    if (!isRecord(v)) return wrong(path, 'object');
    for (const [key, check] of Object.entries(form)) {
      const found = check(Object.hasOwn(v, key) ? v[key] : undefined, path ? `${path}.${key}` : key);
      if (found) return found;
    }
    return null;
  };
const dictionary =
  (check: Check, limit = 200): Check =>
  (v, path) => {
    if (!isRecord(v) || Object.keys(v).length > limit) return wrong(path, `object of at most ${limit} entries`);
    for (const [key, item] of Object.entries(v)) {
      if (key === '__proto__') return wrong(path, 'plain key');
      const found = check(item, `${path}.${key.slice(0, 60)}`);
      if (found) return found;
    }
    return null;
  };
const fields = (check: Check, names: string): Form => Object.fromEntries(names.split(' ').map((name) => [name, check]));

const pieceNamed: Check = (v, path) => dictionary(primitive)(v, path) ?? record({ name: text })(v, path);
const recipe = record({
  transform: list(pieceNamed, 16),
  grid: pieceNamed,
  rounding: pieceNamed,
  correction: list(pieceNamed, 16),
  embedding: optional(pieceNamed),
  head: optional(pieceNamed),
});
const settings = record({
  points: list(
    record({ id: text, method: text, recipe: nullable(recipe), bits: number, group: nullable(number) }),
    1000,
  ),
  protocol: oneOf('gptq', 'llama.cpp'),
  mode: oneOf('shared', 'sequential'),
  maxTokens: nullable(number),
  calibrationDraws: optional(number),
  ...fields(number, 'context calibrationTokens seed'),
});
const model = record({
  ...fields(text, 'name architecture fingerprint'),
  ...fields(number, 'parameters linearParameters bytes layers hidden heads keyValueHeads vocabulary maxContext'),
  dtypes: list(text, 100),
  tiedEmbeddings: flag,
  blocks: list(record({ name: text, parameters: number, bytes: number })),
  verdict: record({ kind: oneOf('fits', 'streamed', 'too-big'), reason: text }),
  widestInputs: optional(number),
  remarks: optional(list(text, 100)),
});
const adapter = record({
  ...fields(text, 'name vendor architecture'),
  features: list(text, 1000),
  limits: dictionary(number),
});
const textCard = record({ ...fields(text, 'label fingerprint'), ...fields(number, 'bytes tokens') });
const estimate = record(fields(number, 'mean low high'));
const quality = record({
  ...fields(number, 'windows tokens bitsPerByte'),
  ...fields(nullable(estimate), 'lnRatio kld top1'),
  perplexity: estimate,
  kld99: nullable(number),
});
const result = record({
  ...fields(text, 'id recipe hash'),
  group: nullable(number),
  ...fields(
    number,
    'bits bitsPerWeight bitsPerWeightAll megabytes perplexity perplexityLow perplexityHigh bitsPerByte tokens seconds',
  ),
  ...fields(nullable(number), 'lnRatio lnRatioLow lnRatioHigh kld kldLow kldHigh kld99 top1 top1Low top1High'),
});
const both = (check: Check): Check => record({ before: check, after: check });
const insight = record({
  outliers: both(number),
  weights: both(list(number, 100)),
  inputs: nullable(both(list(number, 100))),
});
const place: Form = { point: text, block: number, site: text };

const events: Readonly<Record<string, Check>> = {
  'run-started': record({
    ...fields(text, 'app at'),
    settings,
    model,
    adapter,
    calibration: nullable(textCard),
    evaluation: textCard,
  }),
  progressed: record({
    phase: oneOf('reading', 'calibrating', 'quantizing', 'evaluating'),
    point: nullable(text),
    done: number,
    secondsElapsed: number,
    secondsLeft: nullable(number),
  }),
  'site-calibrated': record({
    point: nullable(text),
    site: text,
    ...fields(number, 'block tokens seconds'),
  }),
  'damping-raised': record({ ...place, ...fields(number, 'from to attempt') }),
  'fallback-used': record({ ...place, ...fields(text, 'wanted used reason') }),
  'rotation-verified': record({ basis: text, ...fields(number, 'tokens kld') }),
  'calibration-redrawn': record({ point: text, ...fields(number, 'draw lnRatio') }),
  'text-doubted': record({ doubt: oneOf('overlap', 'foreign'), text, share: number }),
  'layer-quantized': record({
    ...place,
    layers: list(text, 100),
    ...fields(number, 'rows cols damping bits seconds'),
    ...fields(nullable(number), 'energy nearestLoss loss'),
    insight: optional(nullable(insight)),
    hash: text,
    resumed: flag,
  }),
  'point-started': record({ point: text }),
  'window-evaluated': record({ point: text, windowsTotal: number, quality }),
  'point-finished': record({ result, losses: optional(list(number, 100_000)) }),
  'run-resumed': record({ layersKept: number, pointsKept: optional(number) }),
  'run-stopped': record({ secondsElapsed: number }),
  'run-failed': record({
    error: record({ ...fields(text, 'name code message'), details: dictionary(primitive) }),
    secondsElapsed: number,
  }),
  'run-finished': record({ points: list(result, 1000), secondsElapsed: number }),
};

/** What is wrong with `value` as an event, in words that follow "line 7: …"; null when nothing is. */
export function checkEvent(value: unknown): string | null {
  if (!isRecord(value) || typeof value.type !== 'string') return 'is not an event';
  const check = Object.hasOwn(events, value.type) ? events[value.type] : undefined;
  if (!check) return `is an event "${value.type.slice(0, 60)}" that this version does not know`;
  return check(value, '');
}
