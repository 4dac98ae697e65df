/**
 * What the page may do, and how it is served: one source for the built page (its meta element), for `npm start` and for the page's
 * tests. Imported by vite.config.ts alone.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The page may load itself, draw, and nothing else. There is no other origin that it may talk to, so nothing can leave the machine. The
 * worker is bound as well, because it starts from a blob (src/worker/start.ts). What no policy of today's browsers covers are
 * WebRTC (Chromium does not know the draft's `webrtc 'block'`, and a removed RTCPeerConnection comes back with an empty frame) and
 * navigation; both take a script of somebody else's in the page, which `script-src` keeps out.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Nothing that the page does needs a device or a sensor. Copying a link needs the clipboard, which stays. */
const refusedFeatures = [
  ...['accelerometer', 'gyroscope', 'magnetometer', 'camera', 'microphone', 'display-capture', 'geolocation'],
  ...['usb', 'serial', 'hid', 'midi', 'payment', 'xr-spatial-tracking'],
];

/** Headers of every answer. A meta element cannot say who may frame the page. */
export const pageHeaders = {
  'Content-Security-Policy': `${contentSecurityPolicy}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': [...refusedFeatures.map((name) => `${name}=()`), 'clipboard-write=(self)'].join(', '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Milliseconds that a client may take for a request's headers, for the whole request, and to read on. */
const patience = { headers: 10_000, request: 30_000, idle: 60_000 };

/** Writes the policy into the built page, for servers that send no headers. In development Vite's own reload needs inline scripts. */
export const policyInPage = {
  name: 'policy-in-page',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

/** Serves what was built and nothing else: "/" and "/index.html" are the page, files are files, every other path is not found. */
export const pageServer = {
  name: 'page-server',
  configurePreviewServer({ httpServer, middlewares, config }) {
    const folder = join(config.root, config.build.outDir);
    if ('headersTimeout' in httpServer) {
      httpServer.headersTimeout = patience.headers;
      httpServer.requestTimeout = patience.request;
    }
    httpServer.setTimeout(patience.idle);
    middlewares.use((request, response, next) => {
      for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('Allow', 'GET, HEAD');
        return say(response, 405, 'Only GET and HEAD are answered.');
      }
      if (!isThere(folder, request.url ?? '')) return say(response, 404, 'There is nothing here.');
      next();
    });
  },
};

function say(response, status, line) {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${line}\n`);
}

/** Whether the path is the page or a file under `folder`, spelled as it is there. */
function isThere(folder, url) {
  let path;
  try {
    path = decodeURIComponent(/^[^?#]*/.exec(url)?.[0] ?? '');
  } catch {
    return false;
  }
  if (path === '/') return true;
  const parts = path.split('/').slice(1);
  const plain =
    path.startsWith('/') && parts.every((part) => part !== '' && !part.startsWith('.') && !/[\\\0]/.test(part));
  return plain && (statSync(join(folder, ...parts), { throwIfNoEntry: false })?.isFile() ?? false);
}
