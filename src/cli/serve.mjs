/** `npm start`: builds the page, serves it on localhost and prints the URL. */
import { build, preview } from 'vite';

const port = Number(process.env.PORT ?? 4173);
await build({ logLevel: 'warn' });
const server = await preview({ preview: { port, host: '127.0.0.1' } });
console.log(`Bitcurve is at ${server.resolvedUrls.local[0]}  (Ctrl+C stops it)`);
