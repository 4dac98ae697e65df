/** Mamba (Gu and Dao, 2023), as transformers writes it and as its authors do. */
import type { Architecture } from '../blueprint';
import { isOriginalOf } from '../parts/mamba';
import { mambaOne } from '../parts/mamba1';

export const architecture: Architecture = {
  name: 'mamba',
  claims: (fields) => isOriginalOf(fields, 'Mamba1'),
  blueprint: (fields) => mambaOne(fields, null),
};
