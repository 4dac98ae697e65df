/**
 * A claim as checks: differences that are below 0 where it is right. A check is decided where Holm's procedure over all checks of the claim says
 * that its difference is no chance; then it is for or against the claim by its sign. Pure.
 */
import { decided, type Difference } from './differences';
import type { ReportClaim } from '../../../src/store/paperReport';
import { structures } from './models';
import type { Study } from './study';

export type Verdict = 'reproduced' | 'refuted' | 'undecided';
export type Outcome = 'for' | 'against' | 'open';

/** A difference that is below 0 where the claim is right; null where it was not measured. */
export interface Check {
  readonly label: string;
  readonly difference: Difference | null;
}

/** What a structure has to say. */
export interface Asked {
  readonly checks: readonly Check[];
  /** What settles it without any difference, such as a method that cannot run at all. */
  readonly settled?: { readonly outcome: Exclude<Outcome, 'open'>; readonly because: string };
  /** What has to be known of it beside the checks. */
  readonly note?: string;
}

export interface Claim {
  readonly id: string;
  readonly source: ReportClaim['source'];
  readonly statement: string;
  /** What decides it, written down before anything was measured. */
  readonly criterion: string;
  /** What explains it where it is refuted. */
  readonly why?: string;
  /**
   * every: a structure is for the claim where all of its checks are, against it where any is. direction: for it where some check is and none is
   * against, and the other way round.
   */
  readonly rule: 'every' | 'direction';
  /** Names of the structures that it is about; all of them have to be for it. */
  readonly about: readonly string[];
  /** Checks that take several structures together are asked once, with the structure "all". */
  readonly ask: (study: Study, structure: string) => Asked | null;
  /** Why nothing here can decide it. */
  readonly beyond?: string;
}

export interface Answered {
  readonly structure: string;
  readonly outcome: Outcome | 'missing';
  readonly checks: readonly (Check & { readonly outcome: Outcome })[];
  readonly note: string | null;
}

export interface Judged {
  readonly claim: Claim;
  readonly verdict: Verdict;
  readonly answers: readonly Answered[];
}

/** Of several structures together. */
export const all = 'all';

const outcomeOf = ({ difference }: Check, sure: boolean): Outcome => {
  if (!difference || !sure) return 'open';
  return difference.mean < 0 ? 'for' : 'against';
};

function together(outcomes: readonly Outcome[], rule: Claim['rule']): Outcome {
  const [right, wrong] = [outcomes.filter((o) => o === 'for').length, outcomes.filter((o) => o === 'against').length];
  if (rule === 'every') return wrong > 0 ? 'against' : right > 0 && right === outcomes.length ? 'for' : 'open';
  if (right > 0 && wrong > 0) return 'open';
  return wrong > 0 ? 'against' : right > 0 ? 'for' : 'open';
}

export function judge(claim: Claim, study: Study): Judged {
  const asked = claim.about.map((structure) => {
    const there = structure === all ? study.present.length > 0 : study.model(structure) !== undefined;
    return { structure, asked: there ? claim.ask(study, structure) : null };
  });
  // One family: all that the claim looks at, wherever it looks.
  const sure = decided(asked.flatMap(({ asked }) => asked?.checks.map(({ difference }) => difference) ?? []));
  let at = 0;
  const answers = asked.map(({ structure, asked }): Answered => {
    if (!asked) return { structure, outcome: 'missing', checks: [], note: null };
    const checks = asked.checks.map((check) => ({ ...check, outcome: outcomeOf(check, sure[at++] as boolean) }));
    const outcomes = checks.map(({ outcome }) => outcome);
    const outcome = asked.settled?.outcome ?? together(outcomes, claim.rule);
    const note = [asked.settled?.because, asked.note].filter(Boolean).join(' ') || null;
    return { structure, outcome, checks, note };
  });
  return { claim, verdict: verdictOf(answers, claim), answers };
}

/** One structure against it refutes a claim about all of them; it is reproduced where every one is for it. */
function verdictOf(answers: readonly Answered[], { beyond }: Claim): Verdict {
  if (answers.some(({ outcome }) => outcome === 'against')) return 'refuted';
  if (beyond !== undefined || answers.length === 0) return 'undecided';
  return answers.every(({ outcome }) => outcome === 'for') ? 'reproduced' : 'undecided';
}

export const labelOf = (structure: string): string =>
  structures.find(({ name }) => name === structure)?.label ?? 'All structures together';
