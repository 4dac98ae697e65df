/** The engine's thread: answers the page's requests with the lab. Moves messages; computes nothing itself. */
import type { FromWorker, ToWorker } from './protocol';
import { createSession } from './session';
import { serve, type Port } from './serve';

const port = globalThis as unknown as Port<ToWorker, FromWorker>;
serve(port, createSession(navigator));
