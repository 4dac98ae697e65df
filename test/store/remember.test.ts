/** What is remembered from visit to visit, and what is not believed. */
import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { recipes } from '../../src/quant/recipe/recipes';
import { recall, remember, type Notebook } from '../../src/store/remember';
import { startingSetup, startingState, type LabState } from '../../src/store/state';

function notebookWith(text: string | null = null): Notebook & { text: string | null } {
  return {
    text,
    getItem() {
      return this.text;
    },
    setItem(_, value) {
      this.text = value;
    },
  };
}

describe('the remembered form', () => {
  it('comes back as it was left', () => {
    const notebook = notebookWith();
    const store = createStore<LabState>(() => startingState);
    remember(notebook, store);
    const setup = {
      ...startingSetup,
      methods: ['gptq'],
      widths: [3],
      group: 64,
      maxTokens: null,
      overrides: { gptq: { 'rounding.dampening': 0.02 } },
    };
    store.setState({ setup, checkpoint: { status: 'open', demo: 'level-7', card: null, tensors: null } });
    const found = recall(notebook, recipes);
    expect(found).toMatchObject({ demo: 'level-7' });
    expect({ ...found.setup, overrides: {} }).toEqual({ ...setup, overrides: {} });
  });

  it('is taken value by value, and only what the form could hold', () => {
    const setup = {
      methods: ['rtn', 'nonsense'],
      widths: [3, 4],
      group: 33,
      context: 1e9,
      maxTokens: 'many',
      seed: 7,
      overrides: { rtn: { 'grid.bits': 'eleven' }, unknown: {} },
      more: 1,
    };
    const found = recall(notebookWith(JSON.stringify({ setup, demo: 5 })), recipes);
    expect(found.setup).toEqual({ widths: [3, 4], seed: 7, overrides: {} });
    expect(found.demo).toBeNull();
  });

  it('is nothing where there is none, it is broken, or storage is refused', () => {
    const refusing: Notebook = {
      getItem() {
        throw new Error('refused');
      },
      setItem() {
        throw new Error('refused');
      },
    };
    for (const notebook of [null, notebookWith(), notebookWith('{"setup":'), notebookWith('[1]'), refusing]) {
      expect(recall(notebook, recipes)).toEqual({ setup: {}, demo: null });
    }
    const store = createStore<LabState>(() => startingState);
    remember(refusing, store);
    expect(() => store.setState({ setup: { ...startingSetup, seed: 1 } })).not.toThrow();
  });
});
