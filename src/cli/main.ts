/** The command line: the same engine as the page's, on Dawn. */
import { writeFile } from 'node:fs/promises';
import type { Checkpoint } from '../formats/checkpoint';
import { holdForever, openDawn } from '../gpu/dawn';
import { Gpu } from '../gpu/gpu';
import { inspect, inspectAny, logitsOf } from '../lab/inspect';
import { roundMatrices } from '../lab/roundMatrices';
import { memoryStore } from '../lab/siteStore';
import { writeEvent } from '../log/file';
import { run } from '../lab/run';
import { fromLog } from '../log/verdict/candidate';
import { answer } from '../log/verdict/sentence';
import type { PlainPoint } from '../quant/recipe/plainMethods';
import { findMethod } from '../quant/recipe/recipes';
import type { RunEvent } from '../log/events';
import { Cancelled, fromErrorRecord, isBitcurveError, NumericError } from '../util/errors';
import { commands, helpText } from './commands';
import { openModelPath, readFloatsPath } from './files';
import { folderStore } from './folderStore';
import { describeMatrixEvent, matrixOf } from './combinations';
import { parseOptions, refused, textOf, wholeNumber, type Given } from './options';
import { describeAnswer, describeCard, describeEvent, describeExperts } from './print';
import { calibrationOf, evaluationOf } from './evaluation';
import { goalOf, pointsOf, settingsOf } from './request';
import { RoundingTable, roundingPointsOf } from './roundingErrors';
import { engineVersion } from '../util/version';
import { quoted } from '../util/words';

/** Runs a command. Returns the exit code: 0, 1 for an error that was said, 130 for a stop. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that stops reading (head, a closed pipe) is no error of ours.
  process.stdout.on('error', () => process.exit(0));
  try {
    await command(args);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const kind = isBitcurveError(error) ? 'error' : 'unexpected error, please report it';
    process.stderr.write(`${kind}: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return error instanceof Cancelled ? 130 : 1;
  }
}

async function command([name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined || name === 'help' || name === '--help' || rest.includes('--help')) {
    process.stdout.write(`${helpText()}\n`);
    return;
  }
  const meta = commands.find((c) => c.name === name);
  if (!meta) throw refused(`there is no command ${quoted(name)}; there are ${commands.map((c) => c.name).join(', ')}`);
  const given = parseOptions(rest, meta.options);
  switch (meta.name) {
    case 'inspect':
      return inspectModel(given);
    case 'logits':
      return writeLogits(given);
    case 'evaluate':
    case 'sweep':
    case 'matrix':
      return measure(given, meta.name);
  }
}

const required = (given: Given, name: string): string => textOf(given, name) ?? '';

async function inspectModel(given: Given): Promise<void> {
  const points = roundingPointsOf(given);
  const checkpoint = await openModelPath(required(given, 'model'));
  if (given.has('errors')) return printRounding(checkpoint, points, given.has('json'));
  const card = await inspectAny(checkpoint);
  process.stdout.write(`${given.has('json') ? JSON.stringify(card) : describeCard(card)}\n`);
}

async function printRounding(checkpoint: Checkpoint, points: readonly PlainPoint[], json: boolean): Promise<void> {
  const table = new RoundingTable();
  const [gpu, signal] = [await openGpu(), stopSignal()];
  for await (const event of roundMatrices({ gpu, checkpoint, points, signal, appVersion: engineVersion })) {
    const lines = json ? [JSON.stringify(event)] : table.add(event);
    for (const line of lines) process.stdout.write(`${line}\n`);
    if (event.type === 'rounding-failed') throw fromErrorRecord(event.error);
    if (event.type === 'rounding-stopped') throw new Cancelled();
  }
}

/** Aborted when somebody stops the command. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  return stop.signal;
}

async function writeLogits(given: Given): Promise<void> {
  const ids = Uint32Array.from(required(given, 'ids').split(','), (text) =>
    wholeNumber('--ids', text.trim(), 0, 2 ** 32 - 1),
  );
  const checkpoint = await openModelPath(required(given, 'model'));
  const pixelsPath = textOf(given, 'pixels');
  const pixels = pixelsPath === null ? undefined : await readFloatsPath(pixelsPath, 'the pixels');
  const logits = await logitsOf(await openGpu(), checkpoint, ids, pixels);
  const out = required(given, 'out');
  const shape = [ids.length, logits.length / ids.length];
  await writeFile(out, logits).catch((error: unknown) => {
    throw refused(`--out ${out} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
  // Not on standard output, which may be where the logits go.
  process.stderr.write(`wrote [${shape.join(', ')}] float32 to ${out}\n`);
}

async function measure(given: Given, name: 'evaluate' | 'sweep' | 'matrix'): Promise<void> {
  const matrix = name === 'matrix' ? matrixOf(given) : null;
  const goal = goalOf(given);
  const points = name === 'sweep' ? pointsOf(given) : (matrix?.points ?? []);
  const checkpoint = await openModelPath(required(given, 'model'));
  const settings = { ...settingsOf(given, await inspect(checkpoint)), points };
  const texts = { ...(await evaluationOf(given)), ...(await calibrationOf(given)) };
  const folder = textOf(given, 'keep');
  const events = run({
    gpu: await openGpu(),
    checkpoint,
    ...texts,
    settings,
    keep: folder === null ? memoryStore() : await folderStore(folder),
    signal: stopSignal(),
    appVersion: engineVersion,
  });
  const log: RunEvent[] = [];
  let [measured, failed] = [0, 0];
  for await (const event of events) {
    if (event.type !== 'progressed') log.push(event);
    if (event.type === 'point-failed') failed++;
    if (event.type === 'point-finished' && event.result.bits > 0) measured++;
    if (given.has('json')) process.stdout.write(writeEvent(event));
    else {
      const line = matrix ? describeMatrixEvent(event, matrix) : describeEvent(event);
      if (line !== null) process.stdout.write(`${line}\n`);
    }
    if (event.type === 'run-failed') throw fromErrorRecord(event.error);
    if (event.type === 'run-stopped') throw new Cancelled();
  }
  if (failed > 0 && measured === 0) {
    throw new NumericError(
      'nothing-measured',
      `none of the ${failed} points could be measured; the log says why of each.`,
    );
  }
  if (name !== 'sweep' || given.has('json')) return;
  const experts = describeExperts(log);
  if (experts !== null) process.stdout.write(`${experts}\n`);
  const said = describeAnswer(answer(fromLog(log), goal, (method) => findMethod(method)?.label ?? method));
  if (said !== null) process.stdout.write(`${said}\n`);
}

async function openGpu(): Promise<Gpu> {
  const gpu = await Gpu.create(openDawn());
  holdForever(gpu);
  return gpu;
}
