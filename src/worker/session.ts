/**
 * What the worker holds between requests: the device, the open checkpoint, the finished layers. A device that is lost is opened again,
 * and a run that lost it goes on from its finished layers.
 */
import { openCheckpoint } from '../formats/openCheckpoint';
import type { Checkpoint } from '../formats/checkpoint';
import { readText, type LabelledText } from '../formats/text';
import { Gpu } from '../gpu/gpu';
import type { RunEvent } from '../log/events';
import { inspectAny } from '../lab/inspect';
import { roundMatrices } from '../lab/roundMatrices';
import { memoryStore, type SiteStore } from '../lab/siteStore';
import type { RunInput } from '../lab/opening';
import { pictureIdentity } from '../lab/pictureWindows';
import { run } from '../lab/run';
import { measureSpeed } from '../lab/speed';
import { finishedPoints } from '../log/takeOver';
import { recallTiles, rememberedTiles } from '../lab/tiles';
import { fromErrorRecord, RecipeError, type ErrorRecord } from '../util/errors';
import { engineVersion } from '../util/version';
import { openLayerStore, openNote } from './opfsStore';
import { lookInto, readSet } from './pictureSets';
import type { TextSource } from './protocol';
import type { Call, Handlers } from './serve';

export interface Surroundings {
  readonly gpu?: GPU;
  readonly storage?: StorageManager;
}

/** Devices that one run may lose without a new layer or point in between: a driver that fails at once will fail again. */
const mostLosses = 3;

export function createSession({ gpu: source, storage }: Surroundings): Handlers {
  let device: Promise<Gpu> | null = null;
  let checkpoint: Checkpoint | null = null;
  /** Of the openings so far: an earlier one that takes longer does not take the place of a later one. */
  let newest = 0;
  const memory = memoryStore();
  const layers: Promise<SiteStore> = openLayerStore(storage).then((store) => store ?? memory);

  const tiles = openNote(storage, 'tiles.json');

  async function createDevice(): Promise<Gpu> {
    const gpu = await Gpu.create(source);
    recallTiles(gpu, await tiles.read());
    return gpu;
  }

  /** The device, or a new one in place of one that failed or was lost. */
  async function openDevice(): Promise<Gpu> {
    device ??= createDevice();
    try {
      const gpu = await device;
      gpu.check();
      return gpu;
    } catch {
      device = createDevice();
      return device;
    }
  }

  async function read(text: TextSource): Promise<LabelledText> {
    return { ...(await readText(text)), label: text.label };
  }

  async function readEvaluation(source: TextSource): Promise<Pick<RunInput, 'evaluation' | 'pictures'>> {
    if (!source.pictures) return { evaluation: await read(source) };
    const pictures = await readSet(source);
    return { evaluation: pictureIdentity(pictures), pictures };
  }

  function opened(): Checkpoint {
    if (checkpoint) return checkpoint;
    throw new RecipeError('no-checkpoint', 'No checkpoint is open. Open one, or choose a bundled model.');
  }

  /** Passes on the events of one attempt, and keeps them; the error that ended it, or null. */
  async function attempt(
    input: Omit<Parameters<typeof run>[0], 'gpu' | 'signal'>,
    { signal, emit }: Call,
    log: RunEvent[],
  ): Promise<ErrorRecord | null> {
    const gpu = await openDevice();
    let failure: ErrorRecord | null = null;
    for await (const event of run({ ...input, gpu, signal })) {
      emit(event);
      if (event.type === 'run-failed') failure = event.error;
      if (event.type !== 'progressed') log.push(event);
    }
    await tiles.write(rememberedTiles(gpu));
    return failure;
  }

  return {
    async adapter() {
      const gpu = await openDevice();
      return { card: gpu.card, gigaflops: await measureSpeed(gpu), keepsLayers: (await layers) !== memory };
    },
    async open({ files }, { onHeaders }) {
      const turn = ++newest;
      const found = await openCheckpoint(files);
      const limits = device ? (await device.catch(() => null))?.card.limits : {};
      const card = await inspectAny(found, limits, onHeaders);
      if (turn === newest) checkpoint = found;
      return card;
    },
    async run({ settings, evaluation, calibration, calibrationPictures, earlier = [], keepEarlier = 'asked' }, call) {
      const input = {
        checkpoint: opened(),
        settings,
        ...(await readEvaluation(evaluation)),
        calibration: calibration && (await read(calibration)),
        ...(calibrationPictures && { calibrationPictures: await readSet(calibrationPictures) }),
        keep: await layers,
        appVersion: engineVersion,
        keepEarlier,
      };
      let known = earlier;
      let losses = 0;
      for (;;) {
        const log: RunEvent[] = [];
        const failure = await attempt({ ...input, earlier: known }, call, log);
        if (!failure) return null;
        const now = finishedPoints(log);
        // What one attempt has finished, with what it took over, the next need not measure.
        const progress = log.some((event) => event.type === 'site-quantized' && !event.resumed);
        if (progress || now.length > known.length) losses = 0;
        if (now.length) known = now;
        if (failure.code !== 'device-lost' || ++losses > mostLosses) throw fromErrorRecord(failure);
      }
    },
    async round({ points }, { signal, emit }) {
      const input = { checkpoint: opened(), points, signal, appVersion: engineVersion };
      for await (const event of roundMatrices({ ...input, gpu: await openDevice() })) {
        emit(event);
        if (event.type === 'rounding-failed') throw fromErrorRecord(event.error);
      }
      return null;
    },
    async pictures({ source, samples }, { signal }) {
      return lookInto(source, samples, signal);
    },
    async memory() {
      return (await openDevice()).memory();
    },
    async 'lose-device'() {
      (await device)?.device.destroy();
      return null;
    },
  };
}
