/** From the experts of every token to the tokens of every expert: where an expert's rows come from and where its results go. */
import { present } from '../util/assert';

/** What comes to one expert, in the order of the tokens. */
export interface Routed {
  /** Rows of the layer's input, ascending: a token chooses an expert once. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Of each, its place among all choices, token · count + rank: where its weight lies. */
  readonly choices: Uint32Array<ArrayBuffer>;
}

/** `chosen` [tokens, count], each below `experts`. One entry for every expert, empty where no token chose it. */
export function tokensByExpert(chosen: Uint32Array, count: number, experts: number): readonly Routed[] {
  const lists = Array.from({ length: experts }, (): number[] => []);
  for (const [choice, expert] of chosen.entries())
    present(lists[expert], `expert ${expert} of ${experts}`).push(choice);
  return lists.map((choices) => ({
    tokens: Uint32Array.from(choices, (choice) => Math.floor(choice / count)),
    choices: Uint32Array.from(choices),
  }));
}
