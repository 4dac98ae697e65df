/** Modules of the project that only Vite can load (the catalog finds its pieces by glob), for tests that run in plain Node. */
import { runnerImport } from 'vite';
import { root } from './lab';

/** `path` from the root of the repository. */
export async function loadModule<T>(path: string): Promise<T> {
  const { module } = await runnerImport<T>(`${root}/${path}`, { configFile: false, root, logLevel: 'error' });
  return module;
}
