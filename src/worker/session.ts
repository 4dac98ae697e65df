/**
 * What the worker holds between requests: the device, the open checkpoint, the finished layers. A device that is lost is opened again,
 * and a run that lost it goes on from its finished layers.
 */
import { openCheckpoint } from '../formats/openCheckpoint';
import type { Checkpoint } from '../formats/checkpoint';
import { Gpu } from '../gpu/gpu';
import { describeModel } from '../model/describeModel';
import { RecipeError } from '../util/errors';
import { openLayerStore } from './opfsStore';
import type { Handlers } from './serve';

export interface Surroundings {
  readonly gpu?: GPU;
  readonly storage?: StorageManager;
}

export function createSession({ gpu: source, storage }: Surroundings): Handlers {
  let device: Promise<Gpu> | null = null;
  let checkpoint: Checkpoint | null = null;
  const layers = openLayerStore(storage);

  const openDevice = () => (device ??= Gpu.create(source));

  return {
    async adapter() {
      const gpu = await openDevice();
      return { card: gpu.card, gigaflops: null };
    },
    async open({ files }) {
      const opened = await openCheckpoint(files);
      const card = await describeModel(opened);
      checkpoint = opened;
      return card;
    },
    async run() {
      await layers;
      if (!checkpoint) throw new RecipeError('no-checkpoint', 'no checkpoint is open');
      throw new RecipeError('not-yet', 'run');
    },
    async 'lose-device'() {
      (await device)?.device.destroy();
      return null;
    },
  };
}
