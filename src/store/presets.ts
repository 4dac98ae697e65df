/** Three ways to measure this checkpoint: by its widths and its context. Pure. */
import type { HeaderCard } from '../model/card';
import { enoughTokens } from '../log/verdict/supply';
import type { Setup } from './plan';

type Measured = Pick<Setup, 'context' | 'maxTokens' | 'calibrationTokens' | 'mode' | 'protocol'>;

export interface Preset {
  readonly name: 'quick' | 'normal' | 'paper';
  readonly label: string;
  readonly title: string;
  readonly setup: Measured;
}

const quickContext = 256;
const normalContext = 1024;
/** Windows and their length in GPTQ's paper and those after it. */
const published = { context: 2048, windows: 128 };

/** Whole windows of at least so many tokens. */
const whole = (tokens: number, context: number) => Math.ceil(tokens / context) * context;

export function presetsFor(card: Pick<HeaderCard, 'maxContext' | 'widestInputs' | 'hidden'>): readonly Preset[] {
  const { maxContext } = card;
  const enough = enoughTokens(card.widestInputs ?? 4 * card.hidden);
  const context = (most: number) => Math.min(most, maxContext);
  const [quick, normal, paper] = [context(quickContext), context(normalContext), context(published.context)];
  return [
    {
      name: 'quick',
      label: 'Quick look',
      title: 'Eight windows, and just enough calibration text to tell methods apart.',
      setup: {
        context: quick,
        maxTokens: 8 * quick,
        calibrationTokens: whole(enough, quick),
        mode: 'shared',
        protocol: 'gptq',
      },
    },
    {
      name: 'normal',
      label: 'Normal',
      title: 'Sixteen windows or more, and twice the calibration text that a verdict takes.',
      setup: {
        context: normal,
        maxTokens: Math.max(4096, 16 * normal),
        calibrationTokens: whole(2 * enough, normal),
        mode: 'shared',
        protocol: 'gptq',
      },
    },
    {
      name: 'paper',
      label: 'Paper',
      title: `The whole text in windows of ${paper}, calibrated on ${published.windows} of them, each block after its quantized predecessors, as published.`,
      setup: {
        context: paper,
        maxTokens: null,
        calibrationTokens: published.windows * paper,
        mode: 'sequential',
        protocol: 'gptq',
      },
    },
  ];
}

/** The preset that the form holds, if it is one. */
export function presetOf(setup: Setup, presets: readonly Preset[]): Preset['name'] | null {
  const same = ({ setup: of }: Preset) =>
    (Object.keys(of) as (keyof Measured)[]).every((field) => of[field] === setup[field]);
  return presets.find(same)?.name ?? null;
}
