/** The panels below the first screen. */
import { AdapterPanel } from './AdapterPanel';
import { LayersPanel } from './LayersPanel';
import { MatrixPanel } from './MatrixPanel';
import { RunsPanel } from './RunsPanel';

export default function Below() {
  return (
    <>
      <RunsPanel />
      <MatrixPanel />
      <LayersPanel />
      <AdapterPanel />
    </>
  );
}
