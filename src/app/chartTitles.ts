/** What the axes are called. */
import { findValue } from '../measures/catalog';
import type { XAxis, YAxis } from '../store/curves';

export const yTitle = (axis: YAxis): string => findValue(axis)?.axis?.title ?? axis;

export const xTitles: Record<XAxis, string> = {
  bits: 'bits per quantized weight, parameters included',
  'bits-all': 'bits per weight of the whole model',
  megabytes: 'megabytes of the whole model',
};

/** Of the horizontal axis, behind a number. */
export const units: Record<XAxis, string> = {
  bits: 'bits/weight',
  'bits-all': 'bits/weight of all',
  megabytes: 'MB',
};
