/**
 * Experts in a graph: all of them see all tokens, and those that a token does not go to weigh nothing. A graph has no loop over rows that it
 * does not know beforehand without control flow, which few runtimes do well.
 */
import type { GraphDraft } from '../formats/onnx/graphDraft';
import type { RouteRule } from './steps';

/** What masked logits become: below any other, and finite. */
const lowestFloat = -3.4028234663852886e38;

/** `logits` [tokens, experts]. Returns the weights of every expert, [tokens, 1] each, 0 where a token does not go to it. */
export function expertWeights(draft: GraphDraft, logits: string, rule: RouteRule): readonly string[] {
  const { experts, count, normalise, scale, epsilon, groups } = rule;
  const node = draft.node.bind(draft);
  const last = { axis: { int: -1 } };
  const eligible = groups ? keptGroups(draft, logits, { experts, groups }) : logits;
  const [best, chosen] = top(draft, eligible, count, 'route/best');
  const shares = () => {
    const all = node('Softmax', [logits], 'route/shares', last);
    return node('GatherElements', [all, chosen], 'route/chosen_shares', last);
  };
  const normalised = (): string => {
    // Softmax over all, divided by the sum of the chosen: softmax over the chosen.
    if (epsilon === 0) return node('Softmax', [best], 'route/normalised', last);
    const mine = shares();
    const sum = node('ReduceSum', [mine, draft.integers('axes', [-1])], 'route/sum', { keepdims: { int: 1 } });
    return node(
      'Div',
      [mine, node('Add', [sum, draft.scalar('epsilon', epsilon)], 'route/divisor')],
      'route/normalised',
    );
  };
  const weights = normalise ? normalised() : shares();
  const scaled = scale === 1 ? weights : node('Mul', [weights, draft.scalar('scale', scale)], 'route/scaled');
  const dense = node('ScatterElements', [zerosLike(draft, logits), chosen, scaled], 'route/weights', last);
  if (experts === 1) return [dense];
  const names = Array.from({ length: experts }, (_, e) => `route/weight.${e}`);
  return draft.split('Split', [dense], names, { ...last, num_outputs: { int: experts } });
}

/** The largest of each row and their indices; of equal ones the lowest index first, as the operator has it. */
const top = (draft: GraphDraft, x: string, count: number, name: string) =>
  draft.split('TopK', [x, draft.integers('count', [count])], [name, `${name}_indices`], { axis: { int: -1 } }) as [
    string,
    string,
  ];

const zerosLike = (draft: GraphDraft, x: string) => draft.node('Mul', [x, draft.scalar('zero', 0)], 'route/zeros');

/** The logits, lowered out of reach in all groups but those with the best single experts. */
function keptGroups(
  draft: GraphDraft,
  logits: string,
  { experts, groups }: { readonly experts: number; readonly groups: NonNullable<RouteRule['groups']> },
): string {
  const node = draft.node.bind(draft);
  const reshape = (x: string, name: string, ...shape: readonly number[]) =>
    node('Reshape', [x, draft.integers('shape', shape)], name);
  const size = experts / groups.count;
  const grouped = reshape(logits, 'route/groups', -1, groups.count, size);
  const scores = node('ReduceMax', [grouped, draft.integers('axes', [-1])], 'route/scores', { keepdims: { int: 0 } });
  const [best, kept] = top(draft, scores, groups.kept, 'route/kept');
  const ones = node('Add', [zerosLike(draft, best), draft.scalar('one', 1)], 'route/ones');
  const marks = node('ScatterElements', [zerosLike(draft, scores), kept, ones], 'route/marks', { axis: { int: -1 } });
  const seen = node(
    'Greater',
    [reshape(marks, 'route/group_marks', -1, groups.count, 1), draft.scalar('zero', 0)],
    'route/seen',
  );
  const lowered = node('Where', [seen, grouped, draft.scalar('lowest', lowestFloat)], 'route/lowered');
  return reshape(lowered, 'route/eligible', -1, experts);
}
