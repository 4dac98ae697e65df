/** The page on the paper: its claims one by one, with what was measured of them, and the figures behind. Loaded when the address asks for it. */
import { useEffect, useRef, useState } from 'react';
import { fetchOwnJson } from '../store/fetching';
import { errorWords } from '../store/format';
import type { PaperReport } from '../store/paperReport';
import { claimGroups, verdictWords } from '../store/paperView';
import { PaperClaim } from './PaperClaim';
import { PaperExperiments } from './PaperExperiments';
import { PaperFigures } from './PaperFigures';
import { useLabAddress } from './useLabAddress';
import './styles/paper.css';

export default function PaperPage() {
  const heading = useRef<HTMLHeadingElement>(null);
  const [report, setReport] = useState<PaperReport | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    // One comes here by a link in the middle of another page: reading goes on at the top of this one.
    scrollTo(0, 0);
    heading.current?.focus();
    let left = false;
    fetchOwnJson<PaperReport>('reports/structures.json').then(
      (found) => left || setReport(found),
      (error: unknown) => left || setTrouble(errorWords(error)),
    );
    return () => {
      left = true;
    };
  }, []);
  return (
    <main className="paper">
      <header className="panel paper-head">
        <BackLink />
        <h2 ref={heading} tabIndex={-1}>
          What the paper claims, and what is measured here
        </h2>
        <p>
          PTQ-Bench (arXiv 2502.13178) compares strategies of quantization across structures of models. Here its claims
          are taken one by one, on six structures of half a million to 1.2 million parameters that were trained for this
          project. What cannot be done to a structure does not depend on size; which method is better may.
        </p>
        {trouble && <p role="alert">{trouble}</p>}
        {report && <Summary report={report} />}
      </header>
      {report && (
        <>
          {claimGroups(report).map(({ title, line, claims }) => (
            <section key={title} className="panel" aria-label={title}>
              <header className="panel-head">
                <div>
                  <h2>{title}</h2>
                  <p className="hint">{line}</p>
                </div>
              </header>
              <ul className="claims">
                {claims.map((claim) => (
                  <PaperClaim key={claim.id} claim={claim} structures={report.structures} />
                ))}
              </ul>
            </section>
          ))}
          <PaperFigures report={report} />
          <PaperExperiments report={report} />
        </>
      )}
    </main>
  );
}

function BackLink() {
  return <a href={useLabAddress()}>← Back to the lab</a>;
}

function Summary({ report }: { readonly report: PaperReport }) {
  const { claims, structures, measured } = report;
  const ofPaper = claims.filter(({ source }) => source === 'paper');
  const missing = structures.filter(({ perplexity }) => perplexity === null).map(({ label }) => label);
  return (
    <>
      <p className="paper-counts">
        {(['refuted', 'reproduced', 'undecided'] as const).map((verdict) => (
          <span key={verdict} className={`pill claim-${verdict}`}>
            {ofPaper.filter((claim) => claim.verdict === verdict).length} {verdictWords.paper[verdict].toLowerCase()}
          </span>
        ))}
      </p>
      <p className="hint">
        Measured on {measured.windows} windows of {measured.context} tokens of stories, calibrated on{' '}
        {measured.calibrationTokens.toLocaleString('en')} tokens of others; the same for every method and structure.
        {missing.length > 0 && ` There is no model yet of: ${missing.join(', ')}. Nothing is said of them.`}
      </p>
    </>
  );
}
