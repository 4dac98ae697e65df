/** The one screen: what to measure on the left, what was measured on the right. */
import { lazy, Suspense } from 'react';
import { ChartPanel } from './ChartPanel';
import { CheckpointPanel } from './CheckpointPanel';
import { DropZone } from './DropZone';
import { GridPanel } from './GridPanel';
import { isBare } from '../store/ready';
import { foreignResults } from '../store/foreign';
import { useLabState } from './context';
import { ForeignResults } from './ForeignResults';
import { Header } from './Header';
import { MeasurePanel } from './MeasurePanel';
import { MethodPanel } from './MethodPanel';
import { Notices } from './Notices';
import { ResultsPanel } from './ResultsPanel';
import { RunBar } from './RunBar';
import { SkipLinks } from './SkipLinks';
import { usePaper } from './usePaper';
import { useRunKey } from './useRunKey';

/** What lies below the first screen: a chunk of its own, so that the page starts sooner. */
const Below = lazy(() => import('./Below'));
/** A page of its own, which nothing else waits for. */
const PaperPage = lazy(() => import('./PaperPage'));
const PaperWays = lazy(() => import('./PaperWays'));
const SharedBanner = lazy(() => import('./SharedBanner'));
const RoundingPanel = lazy(() => import('./Below').then((below) => ({ default: below.RoundingPanel })));

export function App() {
  useRunKey();
  const paper = usePaper();
  // A shared run without its model: there is nothing to run yet, and the chart is what one came for.
  const visiting = useLabState(({ source, checkpoint }) => source === 'link' && checkpoint.card === null);
  const tensors = useLabState((state) => state.checkpoint.tensors);
  const bare = useLabState(isBare);
  const shared = useLabState((state) => state.shared !== null);
  const foreign = useLabState((state) => foreignResults(state) !== null);
  return (
    <DropZone>
      {!paper && <SkipLinks />}
      <Header />
      {paper && (
        <Suspense>
          <PaperPage />
        </Suspense>
      )}
      <div className={`bench ${visiting ? 'visiting' : ''}`} hidden={paper}>
        <aside className="rail" aria-label="Set-up">
          <div className="rail-scroll">
            <CheckpointPanel />
            <MethodPanel />
            <GridPanel />
            <MeasurePanel />
            <Suspense>
              <PaperWays />
            </Suspense>
          </div>
          <RunBar />
        </aside>
        <main className={foreign ? 'stage foreign' : 'stage'}>
          <Notices />
          {shared && (
            <Suspense>
              <SharedBanner />
            </Suspense>
          )}
          <ForeignResults />
          {tensors && (
            <Suspense>
              <RoundingPanel key={tensors.fingerprint} card={tensors} />
            </Suspense>
          )}
          {!bare && (
            <>
              <ChartPanel />
              <ResultsPanel />
            </>
          )}
          <Suspense fallback={null}>
            <Below />
          </Suspense>
        </main>
      </div>
    </DropZone>
  );
}
