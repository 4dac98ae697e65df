/** What the parts of the lab share. Types only. */
import type { StoreApi } from 'zustand/vanilla';
import type { MethodMeta, PieceMeta } from '../quant/recipe/recipe';
import type { Engine } from '../worker/client';
import type { Notice, Topic } from './notices';
import type { LabState } from './state';

export interface Bench {
  readonly store: StoreApi<LabState>;
  readonly engine: Engine;
  readonly methods: readonly MethodMeta[];
  readonly pieces: readonly PieceMeta[];
  readonly set: (change: Partial<LabState>) => void;
  readonly notify: (notice: Notice) => void;
  /** Takes away the notices about something that is over. */
  readonly settle: (...topics: Topic[]) => void;
}
