/** How components reach the lab: one context, one selector hook. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Lab } from '../store/lab';
import type { LabState } from '../store/state';

export const LabContext = createContext<Lab | null>(null);

export function useLab(): Lab {
  const lab = useContext(LabContext);
  if (!lab) throw new Error('no lab: the component is outside of LabContext');
  return lab;
}

/** A part of the state; the component draws again only when it changes (shallowly). */
export function useLabState<T>(select: (state: LabState) => T): T {
  return useStore(useLab().store, useShallow(select));
}
