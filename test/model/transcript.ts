/** A reading for tests: what a block asks of its steps, with the rules that come from the config. */
import { blueprintOf } from '../../src/model/architectures';
import type { AttendRule, Gains, Linear, NormRule, RotaryRule, RouteRule, Steps } from '../../src/model/steps';

export interface Transcript {
  readonly norms: readonly (Gains & NormRule)[];
  /** Of a mixture those of its first expert. */
  readonly layers: readonly Linear[];
  readonly rotations: readonly RotaryRule[];
  readonly attends: readonly AttendRule[];
  readonly routes: readonly RouteRule[];
  readonly clamps: readonly number[];
  /** Names of the steps, in order. */
  readonly steps: readonly (keyof Steps<null>)[];
}

/** One of each block; FormatError as the architecture throws it. */
export function transcripts(config: Readonly<Record<string, unknown>>): Transcript[] {
  return blueprintOf(config).blocks.map((block) => {
    const norms: (Gains & NormRule)[] = [];
    const layers: Linear[] = [];
    const rotations: RotaryRule[] = [];
    const attends: AttendRule[] = [];
    const routes: RouteRule[] = [];
    const clamps: number[] = [];
    const steps: (keyof Steps<null>)[] = [];
    const note = (step: keyof Steps<null>) => {
      steps.push(step);
      return null;
    };
    const reading: Steps<null> = {
      norm(gains, _, rule) {
        norms.push({ ...gains, ...rule });
        return note('norm');
      },
      linear(_, __, read) {
        layers.push(...read);
        note('linear');
        return read.map(() => null);
      },
      add: () => note('add'),
      rotate(_, rule) {
        rotations.push(rule);
        return note('rotate');
      },
      attend(_, __, ___, rule) {
        attends.push(rule);
        return note('attend');
      },
      joinHeads: () => note('joinHeads'),
      activate: () => note('activate'),
      gate: () => note('gate'),
      convolve: () => note('convolve'),
      softplus: () => note('softplus'),
      scan: () => note('scan'),
      mixture(rule, _, __, expert) {
        routes.push(rule);
        void expert(0, null);
        return note('mixture');
      },
      weigh: () => note('weigh'),
      clamp(_, limit) {
        clamps.push(limit);
        return note('clamp');
      },
    };
    void block(reading, null);
    return { norms, layers, rotations, attends, routes, clamps, steps };
  });
}
