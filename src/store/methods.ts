/** The methods as the form lists them: by strategy, and those that a search finds. Pure. */
import { strategies, type MethodMeta, type Strategy } from '../quant/recipe/recipe';
import { widthsOf } from './plan';
import { readSearch } from './search';

export interface MethodGroup {
  readonly name: Strategy;
  readonly label: string;
  readonly line: string;
  readonly methods: readonly MethodMeta[];
}

/** Strategies that have a method which holds every word of `search` and has its widths, in the order of the taxonomy. */
export function groupMethods(methods: readonly MethodMeta[], search = ''): MethodGroup[] {
  const { words, bits } = readSearch(search);
  return strategies
    .map((strategy) => ({
      ...strategy,
      methods: methods.filter(
        (method) =>
          method.strategy === strategy.name &&
          holds(textOf(method, strategy.label), words) &&
          widthsOf(method, bits).length === bits.length,
      ),
    }))
    .filter((group) => group.methods.length > 0);
}

const holds = (text: string, words: readonly string[]) => words.every((word) => text.includes(word));

/** All that a card says, so that a paper's number or a word of its title finds the method. */
function textOf({ name, label, line, helps, cost, paper }: MethodMeta, strategy: string): string {
  return [name, label, line, helps, cost, paper?.title, paper?.arxiv, strategy].join(' ').toLowerCase();
}
