/** Starts the page: the worker, the lab, React. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { catalog } from '../quant/recipe/catalog';
import { recipes } from '../quant/recipe/recipes';
import { createLab } from '../store/lab';
import { startEngine } from '../store/engine';
import { openKeptRuns } from '../store/keptRuns';
import { App } from './App';
import { LabContext } from './context';
import './styles/index.css';

/** Null where the browser refuses it. */
function storage(open: () => Storage): Storage | null {
  try {
    return open();
  } catch {
    return null;
  }
}

const lab = createLab({
  engine: startEngine(),
  methods: recipes,
  pieces: catalog,
  notebook: storage(() => localStorage),
  tab: storage(() => sessionStorage),
  keptRuns: openKeptRuns(),
});
// For tests and for the curious: the lab at the console, e.g. `bitcurve.loseDevice()`.
Object.assign(window, { bitcurve: lab });

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <LabContext value={lab}>
      <App />
    </LabContext>
  </StrictMode>,
);
void lab.start();
