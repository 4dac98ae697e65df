import { describe, expect, it } from 'vitest';
import { tokensByExpert } from '../../src/model/tokensByExpert';
import { chooseExperts } from '../../src/reference/route';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { normals } from '../opCase';

describe('the tokens of every expert', () => {
  it('are in their order, and say which of their choices it is', () => {
    const chosen = Uint32Array.of(2, 0, 0, 3, 3, 2);
    expect(tokensByExpert(chosen, 2, 5).map(({ tokens, choices }) => [[...tokens], [...choices]])).toEqual([
      [
        [0, 1],
        [1, 2],
      ],
      [[], []],
      [
        [0, 2],
        [0, 5],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      [[], []],
    ]);
  });

  it('are no tokens where there are none', () => {
    expect(tokensByExpert(new Uint32Array(), 2, 3).map(({ tokens }) => tokens.length)).toEqual([0, 0, 0]);
  });

  it('are every choice once, and the choice is that expert', () => {
    const [experts, count] = [9, 3];
    const rule = { count, normalise: true, scale: 1, epsilon: 0 };
    const chosen = chooseExperts(normals(createRng(1), 100 * experts), { ...rule, experts });
    const lists = tokensByExpert(chosen, count, experts);
    expect(lists.flatMap(({ choices }) => [...choices]).sort((a, b) => a - b)).toEqual([...chosen.keys()]);
    for (const [expert, { tokens, choices }] of lists.entries()) {
      expect([...choices].map((choice) => chosen[choice])).toEqual(Array(choices.length).fill(expert));
      expect([...tokens]).toEqual([...choices].map((choice) => Math.floor(choice / count)));
      expect([...tokens].every((token, i) => i === 0 || token > present(tokens[i - 1], 'the token before'))).toBe(true);
    }
  });

  it('of an expert that there is not are a defect', () => {
    expect(() => tokensByExpert(Uint32Array.of(1, 4), 1, 4)).toThrow('expert 4 of 4');
  });
});
