/** Files that come with the page. Nothing else is ever fetched: the content security policy allows no other origin. */
import { FetchError } from '../util/errors';

/** A file of the page's own folder, e.g. "demo/manifest.json". */
export async function fetchOwn(path: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(new URL(path, document.baseURI));
  } catch (error) {
    throw new FetchError('bundled', `${path} could not be read: ${String(error)}. Reload the page.`, { path });
  }
  // A server that answers every address with its page would pass for the file.
  if (!response.ok || (response.headers.get('content-type') ?? '').startsWith('text/html')) {
    throw new FetchError('bundled', `${path} is not on this server (${response.status}). Reload the page.`, { path });
  }
  return response.blob();
}

export async function fetchOwnJson<T>(path: string): Promise<T> {
  return JSON.parse(await (await fetchOwn(path)).text()) as T;
}
