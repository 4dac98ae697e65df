/** Texts, protocol and limits of the measurement. */
import type { CalibrationMode, Protocol } from '../lab/events';
import { bytes } from '../store/format';
import type { Setup } from '../store/plan';
import { useLab, useLabState } from './context';
import { NumberField, Section, Segmented, Select } from './controls';

const protocols: readonly { readonly value: Protocol; readonly label: string; readonly title: string }[] = [
  { value: 'gptq', label: 'gptq', title: 'Windows of the context length without overlap; the tail is dropped.' },
  {
    value: 'llama.cpp',
    label: 'llama.cpp',
    title: 'BOS in place of the first token; the second half of each window is scored.',
  },
];

const modes: readonly { readonly value: CalibrationMode; readonly label: string; readonly title: string }[] = [
  { value: 'shared', label: 'shared', title: 'One calibration on full precision serves every width and method.' },
  {
    value: 'sequential',
    label: 'sequential',
    title: 'Each block is calibrated on the quantized blocks before it, as published. One calibration per point.',
  },
];

export function MeasurePanel() {
  const lab = useLab();
  const { setup, texts, longest } = useLabState((state) => ({
    setup: state.setup,
    texts: state.texts,
    longest: state.checkpoint.card?.maxContext ?? 131_072,
  }));
  const set = (change: Partial<Setup>) => lab.configure(change);
  const options = texts.map(({ id, label, bytes: size }) => ({ value: id, label: `${label} · ${bytes(size)}` }));
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
        <p className="hint">Or drop a .txt or .jsonl file: it becomes the evaluation text.</p>
      </Section>
      <Section title="Measurement">
        <Segmented
          legend="Protocol"
          value={setup.protocol}
          options={protocols}
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
            label="Seed"
            value={setup.seed}
            min={0}
            max={4_294_967_295}
            onChange={(value) => value !== null && set({ seed: value })}
          />
        </div>
        <Segmented legend="Calibration" value={setup.mode} options={modes} onChange={(mode) => set({ mode })} />
      </Section>
    </>
  );
}
