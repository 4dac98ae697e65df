/** Falcon-Mamba (Zuo et al., 2024): a Mamba whose step sizes, B and C are normed, without gains, before the scan reads them. */
import type { Architecture } from '../blueprint';
import { mambaOne } from '../parts/mamba1';

export const architecture: Architecture = {
  name: 'falcon_mamba',
  blueprint: (fields) => mambaOne(fields, fields.number('mixer_rms_eps', { min: 0, max: 1, fallback: 1e-6 })),
};
