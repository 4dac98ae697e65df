/** What is not on the first screen: the panels below it, and what a checkpoint shows that cannot run. One chunk, so that the first stays small. */
import { isBare } from '../store/ready';
import { AdapterPanel } from './AdapterPanel';
import { useLabState } from './context';
import { LayersPanel } from './LayersPanel';
import { MatrixPanel } from './MatrixPanel';
import { RunsPanel } from './RunsPanel';

export { PicturesCard } from './PicturesCard';
export { RoundingPanel } from './RoundingPanel';
export { TensorsCard } from './TensorsCard';

export default function Below() {
  const bare = useLabState(isBare);
  return (
    <>
      <RunsPanel />
      {!bare && <MatrixPanel />}
      <LayersPanel />
      <AdapterPanel />
    </>
  );
}
