/**
 * The form of every event, for reading logs from files: which fields, of which kind, in which range. Types of events.ts as values. What
 * events say of each other is logLaws.ts.
 */
import { findValue } from '../measures/catalog';
import { quoted } from '../util/words';
import { maxExceptions, maxWhere } from '../quant/recipe/assignment';
import { slots } from '../quant/recipe/recipe';
import { maxLosses, maxText } from './limits';
import { currentType } from './lines';
import { isEnd, isFixed, type Row } from './rows';
import { parseVariants } from './variants';
import {
  maxBits,
  maxGroup,
  maxOptionName,
  maxOptions,
  maxOptionText,
  maxPieces,
  maxPoints,
  maxValues,
  isValueName,
} from './link/limits';

type Check = (value: unknown, path: string) => string | null;
type Form = Readonly<Record<string, Check>>;

const wrong = (path: string, expected: string) => `has no ${expected} at "${path}"`;

const text: Check = (v, path) => (typeof v === 'string' && v.length <= maxText ? null : wrong(path, 'text'));
const shortText =
  (limit: number): Check =>
  (v, path) =>
    typeof v === 'string' && v.length <= limit ? null : wrong(path, `text of at most ${limit} characters`);
const number: Check = (v, path) => (Number.isFinite(v) ? null : wrong(path, 'number'));
/** Something measured. JSON has no word for NaN and infinity and writes null, which is read as NaN (see `settled`): not measured. */
const measured: Check = (v, path) => (v === null ? null : number(v, path));
const within =
  (expected: string, fits: (value: number) => boolean): Check =>
  (v, path) =>
    number(v, path) ?? (fits(v as number) ? null : wrong(path, expected));
const whole = (min: number, max: number = Number.MAX_SAFE_INTEGER): Check =>
  within(
    `whole number from ${min} ${max === Number.MAX_SAFE_INTEGER ? 'on' : `to ${max}`}`,
    (v) => Number.isSafeInteger(v) && v >= min && v <= max,
  );
const count = whole(0);
/** A time, a size, a count that need not be whole. */
const size = within('number from 0 on', (v) => v >= 0);
const positive = within('number above 0', (v) => v > 0);
/** Sums of shares may miss 1 by their rounding. */
const share = within('number from 0 to 1', (v) => v >= 0 && v <= 1 + 1e-9);
/** A hash or the beginning of one. */
const hex: Check = (v, path) =>
  typeof v === 'string' && /^[0-9a-f]{1,128}$/.test(v) ? null : wrong(path, 'hexadecimal digits');
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
      v[i] = settled(check, v[i]);
    }
    return null;
  };
/** A value that was checked, as events have it. */
const settled = (check: Check, value: unknown): unknown => (check === measured && value === null ? NaN : value);
/** What a value can be, by what its meta says; an end of an interval may lie anywhere. */
function rangeOf(name: string): Check {
  const meta = findValue(name);
  if (meta?.as === 'share') return share;
  // A difference may be zero, or below it by rounding.
  return meta?.scale === 'log' && meta.against === 'nothing' ? positive : number;
}
const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const record =
  (form: Form): Check =>
  (v, path) => {
    if (!isRecord(v)) return wrong(path, 'object');
    for (const [key, check] of Object.entries(form)) {
      const found = check(Object.hasOwn(v, key) ? v[key] : undefined, path ? `${path}.${key}` : key);
      if (found) return found;
      if (check === measured) v[key] = settled(check, v[key]);
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

/** A piece and its options, within what a link can carry as well. */
const option: Check = (v, path) => {
  const found = primitive(v, path);
  return found ?? (typeof v === 'string' && v.length > maxOptionText ? wrong(path, 'short text') : null);
};
const pieceNamed: Check = (v, path) => {
  const found = dictionary(option, maxOptions)(v, path) ?? record({ name: text })(v, path);
  if (found) return found;
  const long = Object.keys(v as object).some((key) => key.length > maxOptionName);
  return long || String((v as { name: string }).name).length > maxOptionName ? wrong(path, 'short names') : null;
};
const recipeForm = Object.fromEntries(
  slots.map(({ name, holds }) => [name, holds === 'many' ? list(pieceNamed, maxPieces) : pieceNamed]),
);
const recipe = record(recipeForm);
const assignment = record({
  all: recipe,
  everywhere: optional(flag),
  except: optional(list(record({ where: shortText(maxWhere), recipe: nullable(recipe) }), maxExceptions)),
});
/** As variants.ts reads them. */
const variants: Check = (v, path) => {
  try {
    parseVariants(v);
    return null;
  } catch {
    return wrong(path, 'known variants');
  }
};
/** Up to version 0.1 a point had one recipe, with the grids of embedding and head in it. */
const earlierRecipe = record({ ...recipeForm, embedding: optional(pieceNamed), head: optional(pieceNamed) });
/** One of two forms, told apart by a key. */
const eitherBy =
  (key: string, present: Check, without: Check): Check =>
  (v, path) =>
    isRecord(v) && Object.hasOwn(v, key) ? present(v, path) : without(v, path);
const bits = whole(0, maxBits);
const group = nullable(whole(1, maxGroup));
const pointFields: Form = { id: text, method: text, bits, group };
const settings = record({
  points: list(
    eitherBy(
      'recipe',
      record({ ...pointFields, recipe: nullable(earlierRecipe) }),
      record({ ...pointFields, assignment: nullable(assignment) }),
    ),
    maxPoints,
  ),
  protocol: oneOf('gptq', 'llama.cpp', 'pictures', 'other-pictures'),
  mode: oneOf('shared', 'sequential'),
  maxTokens: nullable(whole(1)),
  context: whole(1),
  calibrationDraws: optional(whole(1)),
  variants: optional(variants),
  ...fields(count, 'calibrationTokens seed'),
});
const model = record({
  ...fields(text, 'name architecture'),
  fingerprint: hex,
  parameters: whole(1),
  ...fields(count, 'linearParameters bytes layers hidden heads keyValueHeads vocabulary'),
  maxContext: size,
  dtypes: list(text, 100),
  tiedEmbeddings: flag,
  blocks: list(record({ name: text, ...fields(count, 'parameters bytes') })),
  stayingParameters: optional(count),
  experts: optional(record({ ...fields(count, 'count chosen blocks activeParameters'), shared: flag })),
  states: optional(record(fields(count, 'states channels heads blocks'))),
  pictures: optional(record(fields(count, 'side features id'))),
  verdict: record({ kind: oneOf('fits', 'streamed', 'too-big'), reason: text }),
  widestInputs: optional(count),
  notes: optional(list(text, 100)),
  remarks: optional(list(text, 100)),
});
const adapter = record({
  ...fields(text, 'name vendor architecture'),
  features: list(text, 1000),
  limits: dictionary(number),
});
const textCard = record({ label: text, fingerprint: hex, ...fields(count, 'bytes tokens') });
const estimate = record(fields(measured, 'mean low high'));
const estimates: Check = (v, path) => {
  const found = dictionary(estimate, maxValues)(v, path);
  if (found) return found;
  const odd = Object.keys(v as object).find((key) => !isValueName(key));
  return odd === undefined ? null : wrong(path, `name of a value instead of ${quoted(odd)}`);
};
const blockValues = list(record({ block: count, ...fields(measured, 'mean low high') }));
const byBlock: Check = (v, path) => {
  const found = dictionary(blockValues, maxValues)(v, path);
  if (found) return found;
  const odd = Object.keys(v as object).find((key) => !isValueName(key));
  return odd === undefined ? null : wrong(path, `name of a value instead of ${quoted(odd)}`);
};
/** Up to version 0.1 values stood beside the counts. */
const earlierQuality = record({
  bitsPerByte: measured,
  ...fields(nullable(estimate), 'lnRatio kld top1'),
  perplexity: estimate,
  kld99: nullable(number),
});
const counts = record(fields(count, 'windows tokens'));
const quality: Check = (v, path) =>
  counts(v, path) ?? eitherBy('values', record({ values: estimates }), earlierQuality)(v, path);
const sizeFields: Form = { ...fields(size, 'bitsPerWeight bitsPerWeightAll megabytes'), operations: optional(size) };
const sizes = record(sizeFields);
const resultFields = record({
  ...fields(text, 'id recipe'),
  hash: hex,
  bits,
  group,
  tokens: count,
  ...sizeFields,
  seconds: size,
});
/** A row: fields that every result has, and values by name. */
const result: Check = (v, path) => {
  const found = resultFields(v, path);
  if (found) return found;
  const values = Object.entries(v as Record<string, unknown>).filter(([key]) => !isFixed(key));
  if (values.length > 3 * maxValues) return wrong(path, `row of at most ${maxValues} values`);
  for (const [key, value] of values) {
    if (!isValueName(key) && !isEnd(v as Row, key)) return wrong(path, `name of a value instead of ${quoted(key)}`);
    const check = nullable(rangeOf(key));
    const wrongValue = check(value, `${path}.${key}`);
    if (wrongValue) return wrongValue;
  }
  return null;
};
const both = (check: Check): Check => record({ before: check, after: check });
const insight = record({
  outliers: both(measured),
  weights: both(list(measured, 100)),
  inputs: nullable(both(list(measured, 100))),
  moment: optional(record({ inputs: count, ...fields(measured, 'rank condition') })),
});
const error = record({ ...fields(text, 'name code message'), details: dictionary(primitive) });
/** `block`: up to version 0.1, −1 for the embedding and the number of blocks for the head. */
const place: Form = { point: text, block: optional(whole(-1)), site: text };

const events: Readonly<Record<string, Check>> = {
  'run-started': record({
    ...fields(text, 'app at'),
    settings,
    model,
    adapter,
    calibration: nullable(textCard),
    calibrationPictures: optional(textCard),
    evaluation: textCard,
  }),
  progressed: record({
    phase: oneOf('reading', 'calibrating', 'quantizing', 'evaluating'),
    point: nullable(text),
    done: share,
    secondsElapsed: size,
    secondsLeft: nullable(size),
  }),
  'site-calibrated': record({ ...place, point: nullable(text), tokens: count, seconds: size }),
  'damping-raised': record({ ...place, ...fields(measured, 'from to'), attempt: count }),
  'fallback-used': record({ ...place, ...fields(text, 'wanted used reason') }),
  'rotation-verified': record({ basis: text, tokens: count, kld: measured }),
  'scales-verified': record({ ...fields(count, 'tokens folded sites'), kld: measured }),
  'calibration-redrawn': record({ point: text, draw: whole(1), lnRatio: measured }),
  'text-doubted': record({ doubt: oneOf('overlap', 'foreign'), text, share: size }),
  'site-quantized': record({
    ...place,
    layers: list(text, 100),
    ...fields(whole(1), 'rows cols'),
    damping: measured,
    ...fields(size, 'bits seconds'),
    operations: optional(size),
    ...fields(nullable(number), 'energy nearestLoss loss'),
    insight: optional(nullable(insight)),
    hash: hex,
    resumed: flag,
  }),
  'point-started': record({ point: text }),
  'window-evaluated': record({ point: text, windowsTotal: whole(1), size: optional(sizes), quality }),
  'point-failed': record({ point: text, error }),
  remarked: record({ about: oneOf('storage', 'memory', 'calibration', 'evaluation'), text }),
  'point-finished': record({ result, losses: optional(list(measured, maxLosses)), byBlock: optional(byBlock) }),
  'run-resumed': eitherBy(
    'layersKept',
    record({ layersKept: count, pointsKept: optional(count) }),
    record({ sitesKept: count, pointsKept: optional(count) }),
  ),
  'run-stopped': record({ secondsElapsed: size }),
  'run-failed': record({
    error,
    secondsElapsed: size,
  }),
  'run-finished': record({ points: list(result, maxPoints), secondsElapsed: size }),
};

/**
 * What is wrong with `value` as an event, in words that follow "line 7: …"; null when nothing is. What was measured and is null becomes
 * NaN in place.
 */
export function checkEvent(value: unknown): string | null {
  if (!isRecord(value) || typeof value.type !== 'string') return 'is not an event';
  const type = currentType(value.type);
  const check = Object.hasOwn(events, type) ? events[type] : undefined;
  if (!check) return `is an event "${value.type.slice(0, 60)}" that this version does not know`;
  return check(value, '');
}
