/** Opening checkpoints: a bundled model, or files that people drop. A failure leaves the one before in place. */
import type { HeaderCard, ModelCard } from '../model/card';
import type { SourceFile } from '../worker/protocol';
import { fetchOwn, fetchOwnJson } from './fetching';
import { count, sentence } from './format';
import type { Bench } from './bench';
import type { Demos } from './demos';
import { busyNotice, errorNotice } from './notices';
import { possibleWays } from './ways';
import type { CheckpointState } from './state';

export interface Checkpoints {
  readManifest(): Promise<void>;
  chooseDemo(id: string): Promise<void>;
  openFiles(files: readonly SourceFile[]): Promise<void>;
}

export function createCheckpoints(
  { store, engine, notify, settle }: Bench,
  onOpened: (card: ModelCard) => void,
): Checkpoints {
  /** Only the newest of several openings counts: people click faster than files load. */
  let newest = 0;
  /** What the engine holds: an opening that fails gives the place back to it. */
  let last: CheckpointState = store.getState().checkpoint;

  async function open(name: string, demo: string | null, files: () => Promise<readonly SourceFile[]>): Promise<void> {
    if (store.getState().activity !== 'idle') return notify(busyNotice(name));
    const turn = ++newest;
    settle('checkpoint');
    store.setState({ checkpoint: { ...last, demo, status: 'opening' } });
    const onHeaders = (card: HeaderCard) => {
      if (turn === newest) store.setState({ checkpoint: { status: 'reading', demo, card, tensors: null } });
    };
    try {
      const card = await engine.ask('open', { files: await files() }, { onHeaders });
      if (turn !== newest) return;
      const status = 'open';
      if (card.kind) {
        last = { status, demo, card: null, tensors: card };
        store.setState({
          checkpoint: last,
          rounding: null,
          announcement: `${card.name} is open, and cannot run. ${card.missing}`,
        });
        return;
      }
      last = { status, demo, card, tensors: null };
      store.setState(({ setup }) => ({
        checkpoint: last,
        rounding: null,
        // The model was not made for longer windows.
        setup: {
          ...setup,
          context: Math.min(setup.context, card.maxContext),
          // One matrix has one width.
          head: card.tiedEmbeddings ? null : setup.head,
          // What there is no structure for would mark runs that it says nothing of.
          ...possibleWays(card, setup),
        },
        announcement: [
          `${card.name} is open: ${card.architecture}, ${count(card.parameters)} parameters.`,
          ...(card.remarks ?? []).map(sentence),
        ].join(' '),
      }));
      onOpened(card);
    } catch (error) {
      if (turn !== newest) return;
      store.setState({ checkpoint: last });
      const open = last.card ?? last.tensors;
      const stays = open && `${open.name} is still open, and results are kept.`;
      notify(errorNotice(`${name} did not open`, error, { stays, topic: 'checkpoint' }));
    }
  }

  return {
    async readManifest() {
      try {
        store.setState({ demos: await fetchOwnJson<Demos>('demo/manifest.json') });
      } catch (error) {
        notify(
          errorNotice('The bundled models did not load', error, { stays: 'Checkpoints that you open still work.' }),
        );
      }
    },
    async chooseDemo(id) {
      const demo = store.getState().demos.models.find((d) => d.id === id);
      if (!demo) return;
      await open(demo.label, id, () =>
        Promise.all(
          demo.files.map(async (file) => ({
            // The folder is named after the model, so that the card is.
            path: `${demo.id}/${file.split('/').at(-1)}`,
            blob: await fetchOwn(`demo/${file}`),
          })),
        ),
      );
    },
    async openFiles(files) {
      const folder = files[0]?.path.split('/')[0] ?? 'The checkpoint';
      await open(folder, null, () => Promise.resolve(files));
    },
  };
}
