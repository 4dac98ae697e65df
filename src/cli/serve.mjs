/** `npm start`: builds the page, serves it on localhost and prints the URL. PORT chooses the port. Errors are one line. */
const usual = 4173;
const host = '127.0.0.1';

const asked = process.env.PORT ?? String(usual);
const port = Number(asked);
if (!/^\d{1,5}$/.test(asked) || port < 1 || port > 65_535) {
  end(`PORT is "${asked}"; expected a whole number from 1 to 65535, or none for ${usual}.`);
} else {
  await serve().catch((error) => end(error instanceof Error ? error.message : String(error)));
}

async function serve() {
  const { build, preview } = await import('vite');
  await build({ logLevel: 'warn' });
  const server = await preview({ preview: { port, host }, logLevel: 'warn' });
  const { port: got } = server.httpServer.address();
  const at = (number) => `http://${host}:${number}/`;
  // Browsers keep what a page stores by its address, port included.
  if (got !== port) {
    console.log(
      `Port ${port} is in use. At another address the browser does not find the form, the runs and the layers that were kept at ${at(port)}: ` +
        `free that port, or choose one with PORT=…, to have them.`,
    );
  }
  console.log(`Bitcurve is at ${at(got)}  (Ctrl+C stops it)`);
}

function end(message) {
  console.error(`error: ${message.replaceAll(/\s*\n\s*/g, ' ')}`);
  process.exitCode = 1;
}
