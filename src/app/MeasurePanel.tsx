/** Texts, protocol and limits of the measurement. */
import { lazy, Suspense } from 'react';
import type { CalibrationMode, Protocol } from '../log/events';
import { calibratedTokens } from '../log/verdict/candidate';
import { enoughTokens } from '../log/verdict/supply';
import type { HeaderCard } from '../model/card';
import { bytes } from '../store/format';
import { isPictures, protocolOf, type Setup } from '../store/plan';
import { grouped } from '../util/words';
import { useLab, useLabState } from './context';
import { NumberField, Section, Segmented, Select } from './controls';
import { Presets } from './Presets';

const protocols: readonly { readonly value: Protocol; readonly label: string; readonly title: string }[] = [
  { value: 'gptq', label: 'gptq', title: 'Windows of the context length without overlap; the tail is dropped.' },
  {
    value: 'llama.cpp',
    label: 'llama.cpp',
    title: 'BOS in place of the first token; the second half of each window is scored.',
  },
];

const ofPictures: typeof protocols = [
  {
    value: 'pictures',
    label: 'own picture',
    title: 'Each text behind its own picture; what another picture in its place costs is told beside.',
  },
  { value: 'other-pictures', label: 'another', title: 'Each text behind another picture of the set.' },
];

const modes: readonly { readonly value: CalibrationMode; readonly label: string; readonly title: string }[] = [
  { value: 'shared', label: 'shared', title: 'One calibration on full precision serves every width and method.' },
  {
    value: 'sequential',
    label: 'sequential',
    title: 'Each block is calibrated on the quantized blocks before it, as published. One calibration per point.',
  },
];

const PicturesCard = lazy(() => import('./Below').then((below) => ({ default: below.PicturesCard })));

export function MeasurePanel() {
  const lab = useLab();
  const { setup, texts, longest, card } = useLabState((state) => ({
    card: state.checkpoint.card,
    setup: state.setup,
    texts: state.texts,
    longest: state.checkpoint.card?.maxContext ?? 131_072,
  }));
  const set = (change: Partial<Setup>) => lab.configure(change);
  const chosen = [setup.evaluation, setup.calibration];
  const looks = card?.pictures !== undefined;
  const options = texts
    // Pictures where the model looks at some, and those that are chosen all the same.
    .filter(({ id }) => looks || !isPictures(id) || chosen.includes(id))
    .map(({ id, label, bytes: size, pictures }) => ({
      value: id,
      label: `${label} · ${pictures ? `${pictures} pictures` : bytes(size)}`,
    }));
  return (
    <>
      <Section title="Texts">
        <Select
          label="Evaluate on"
          value={setup.evaluation}
          options={options}
          onChange={(evaluation) => set({ evaluation })}
        />
        <Select
          label="Calibrate on"
          value={setup.calibration}
          options={options}
          onChange={(calibration) => set({ calibration })}
        />
        {looks || chosen.some(isPictures) ? (
          <Suspense>
            <PicturesCard />
          </Suspense>
        ) : (
          <p className="hint">Or drop a .txt or .jsonl file: it becomes the evaluation text.</p>
        )}
      </Section>
      <Section title="Measurement">
        <Presets />
        <Segmented
          legend="Protocol"
          term="protocol"
          value={protocolOf(setup)}
          options={isPictures(setup.evaluation) ? ofPictures : protocols}
          onChange={(protocol) => set({ protocol })}
        />
        <div className="field-grid">
          <NumberField
            label="Context"
            title="Tokens per evaluation window."
            value={setup.context}
            min={2}
            max={longest}
            onChange={(value) => value !== null && set({ context: value })}
          />
          <NumberField
            label="Tokens, at most"
            title="Evaluate at most this many tokens; empty for the whole text."
            value={setup.maxTokens}
            min={16}
            max={1e9}
            placeholder="all"
            onChange={(maxTokens) => set({ maxTokens })}
          />
          <NumberField
            label="Calibration tokens"
            value={setup.calibrationTokens}
            min={16}
            max={1e7}
            onChange={(value) => value !== null && set({ calibrationTokens: value })}
          />
          <NumberField
            label="Calibration texts"
            title="Solve and measure calibrated points on so many disjoint parts of the calibration text: what a result owes to its text."
            value={setup.calibrationDraws}
            min={1}
            max={8}
            onChange={(value) => value !== null && set({ calibrationDraws: value })}
          />
          <NumberField
            label="Seed"
            value={setup.seed}
            min={0}
            max={4_294_967_295}
            onChange={(value) => value !== null && set({ seed: value })}
          />
        </div>
        {card && <Shortage card={card} />}
        <Segmented
          legend="Calibration"
          term="calibration"
          value={setup.mode}
          options={modes}
          onChange={(mode) => set({ mode })}
        />
      </Section>
    </>
  );
}

/** Says beside the field when calibration would see too little for verdicts on methods that read inputs, and offers what is enough. */
function Shortage({ card }: { readonly card: HeaderCard }) {
  const lab = useLab();
  const setup = useLabState((state) => state.setup);
  const reads = lab.methods.some(({ name, calibrated }) => calibrated && setup.methods.includes(name));
  const inputs = card.widestInputs ?? null;
  const tokens = calibratedTokens(setup, null);
  const enough = Math.ceil(enoughTokens(inputs) / setup.context) * setup.context;
  if (!reads || inputs === null || tokens >= enoughTokens(inputs)) return null;
  return (
    <p className="field-warning" role="status">
      {grouped(tokens)} tokens for layers of up to {grouped(inputs)} inputs: too few to judge methods that read inputs.{' '}
      <button type="button" className="link" onClick={() => lab.configure({ calibrationTokens: enough })}>
        Take {grouped(enough)}
      </button>
    </p>
  );
}
