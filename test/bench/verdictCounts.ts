/**
 * How often the sentence names another winner than the long calibration does, by tokens of calibration: in every set of the methods that a
 * person may have run together, for a third method that is better than both would hide what is said of two. Pure.
 */
import { candidateOf, type Calibration } from '../../src/log/verdict/candidate';
import { rankings } from '../../src/log/verdict/rank';
import type { VerdictCase } from './verdicts';
import { meanOf } from '../meanOf';

export interface Count {
  readonly subject: string;
  readonly tokens: number;
  readonly inputs: number;
  /** Calibration texts, and how often a winner was named: in all of them, at every width, in every set of methods. */
  readonly texts: number;
  readonly claims: number;
  /** Claims against what the long calibration says on more text; and how many there would be without the guards. */
  readonly wrong: number;
  readonly unguarded: { readonly claims: number; readonly wrong: number };
}

const plain = (method: string) => method === 'rtn';

const candidate = ({ result, losses }: VerdictCase) => candidateOf(result, losses, !plain(result.method));

/** Every choice of at least two. */
function setsOf(names: readonly string[]): string[][] {
  const all = names.reduce<string[][]>((sets, name) => [...sets, ...sets.map((set) => [...set, name])], [[]]);
  return all.filter(({ length }) => length > 1);
}

export function countVerdicts(cases: readonly VerdictCase[]): Count[] {
  const quantized = cases.filter(({ result }) => result.values['lnRatio']);
  const subjects = [...new Set(quantized.map(({ subject }) => subject))];
  return subjects.flatMap((subject) => {
    const mine = quantized.filter((c) => c.subject === subject);
    const truth = new Map(
      mine.filter(({ seed }) => seed === null).map(({ result }) => [result.id, meanOf(result, 'lnRatio')]),
    );
    const still = mine.filter(({ seed, result }) => seed === -1 && plain(result.method));
    const inputs = Math.max(...mine.map((c) => c.inputs));
    const drawn = mine.filter(({ seed }) => seed !== null && seed >= 0);
    return [...new Set(drawn.map(({ tokens }) => tokens))]
      .sort((a, b) => a - b)
      .map((tokens): Count => {
        const texts = [...new Set(drawn.filter((c) => c.tokens === tokens).map(({ seed }) => seed))];
        const tally = (calibration: Calibration | null) => {
          let [claims, wrong] = [0, 0];
          for (const text of texts) {
            const seen = [...still, ...drawn.filter((c) => c.seed === text && c.tokens === tokens)];
            for (const methods of setsOf([...new Set(seen.map(({ result }) => result.method))])) {
              const run = seen.filter(({ result }) => methods.includes(result.method));
              for (const { points, leaders } of rankings(run.map(candidate), calibration)) {
                const [best] = points;
                if (!best || leaders !== 1) continue;
                claims++;
                const of = (id: string) => truth.get(id) ?? NaN;
                if (points.slice(1).some(({ id }) => of(id) <= of(best.id))) wrong++;
              }
            }
          }
          return { claims, wrong };
        };
        const guarded = tally({ tokens, inputs, leaked: false });
        return { subject, tokens, inputs, texts: texts.length, ...guarded, unguarded: tally(null) };
      });
  });
}

export function describeCount({ subject, tokens, inputs, texts, claims, wrong, unguarded }: Count): string {
  return `${subject}, ${tokens} tokens for up to ${inputs} inputs, ${texts} texts, every set of methods: ${claims} claims, ${wrong} wrong (without the guards ${unguarded.claims}, ${unguarded.wrong} wrong)`;
}
