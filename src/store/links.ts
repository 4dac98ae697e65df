/** The run in the address: copying it, and opening one. A shared run is shown without its model. */
import { decodePermalink, encodePermalink, isPermalink, type SharedRun } from '../lab/permalink';
import { isMatrixMethod } from '../quant/matrix';
import type { Piece } from '../quant/recipe';
import type { Bench } from './lab';
import { busyNotice, errorNotice, notice } from './notices';
import type { LabState } from './state';
import { blankPoint, emptyRun, fromResult, type PointView, type RunView } from './runView';
import type { Runs } from './runs';

export interface Links {
  /** Puts the run into the address and onto the clipboard. */
  copyLink(): Promise<void>;
  /** Shows the run that the address holds; where it holds none any more (Back), what was there before it. */
  openAddress(): Promise<void>;
}

export function createLinks({ store, notify, settle }: Bench, runs: Pick<Runs, 'share' | 'keep'>): Links {
  /** What the shown link took the place of. */
  let before: Pick<LabState, 'run' | 'source' | 'otherRun' | 'shared' | 'setup'> | null = null;
  /** The link that was copied of the shown run, in the address until another run is shown: a reload would open it in place of that. */
  let copied: { readonly hash: string; readonly about: RunView['about'] } | null = null;
  store.subscribe(({ run, source }) => {
    if (!copied || source === 'link' || run.about === copied.about) return;
    if (location.hash === copied.hash) history.replaceState(null, '', location.pathname + location.search);
    copied = null;
  });

  function leaveLink(): void {
    const { source, activity } = store.getState();
    if (!before || activity !== 'idle') return;
    // A run of one's own that came after the link stays.
    store.setState(source === 'link' ? before : { shared: before.shared });
    before = null;
  }

  return {
    async copyLink() {
      const shared = store.getState().source === 'link' ? store.getState().shared?.share : runs.share();
      if (!shared)
        return notify(notice('note', 'There is nothing to share yet', 'A link needs at least one finished point.'));
      const url = new URL(location.href);
      try {
        url.hash = await encodePermalink(shared);
      } catch (error) {
        return notify(errorNotice('There is no link to this run', error, { topic: 'link' }));
      }
      history.replaceState(null, '', url);
      copied = { hash: url.hash, about: store.getState().run.about };
      try {
        await navigator.clipboard.writeText(url.href);
        notify(
          notice(
            'note',
            'The link is on the clipboard',
            `It holds the whole chart in ${url.hash.length} characters: settings, points and intervals, no weights and no text.`,
          ),
        );
      } catch {
        notify(
          notice(
            'note',
            'The link is in the address bar',
            'This browser did not allow the clipboard: copy it from there.',
          ),
        );
      }
    },
    async openAddress() {
      settle('link');
      if (!isPermalink(location.hash)) return leaveLink();
      if (store.getState().activity !== 'idle') {
        return notify(busyNotice('the link'));
      }
      try {
        const shared = await decodePermalink(location.hash);
        const view = viewOf(shared);
        const { run, source, otherRun, shared: other, setup: form } = store.getState();
        // From one link to the next, the way back stays the same.
        before ??= { run, source, otherRun, shared: other, setup: form };
        const kept = runs.keep(view);
        store.setState(({ setup }) => ({
          run: view,
          source: 'link',
          otherRun: kept ?? otherRun,
          matrixBits: null,
          shared: { share: shared, run: view },
          setup: { ...setup, ...settingsOf(shared) },
          announcement: `A shared run of ${shared.model.label} is shown.`,
        }));
      } catch (error) {
        notify(
          errorNotice('The link could not be read', error, { stays: 'Everything else works as usual.', topic: 'link' }),
        );
      }
    },
  };
}

/** A shared run as a finished view. */
function viewOf({ app, model, adapter, settings, evaluation, calibration, results }: SharedRun): RunView {
  const points = results.map((result): PointView => {
    const method = settings.points.find(({ id }) => id === result.id)?.method ?? result.recipe;
    return { ...blankPoint({ id: result.id, method, bits: result.bits, group: result.group }), ...fromResult(result) };
  });
  const about = {
    app,
    at: null,
    model: { ...model, name: model.label },
    adapter,
    settings,
    evaluation: evaluation.label,
    calibration: calibration?.label ?? null,
    calibrationTokens: null,
    texts: `${evaluation.fingerprint} ${calibration?.fingerprint ?? ''}`,
  };
  return { ...emptyRun, status: 'finished', about, points };
}

/** The form as the shared run had it, so that changing one thing and running again is easy. */
function settingsOf({ settings }: SharedRun) {
  const { points, protocol, context, maxTokens, calibrationTokens, mode, seed } = settings;
  const planned = points.filter(({ recipe }) => recipe !== null);
  const chosen = planned.filter(({ method }) => !isMatrixMethod(method));
  const recipe = planned[0]?.recipe;
  const bitsOf = (piece: Piece | undefined) => (typeof piece?.['bits'] === 'number' ? piece['bits'] : null);
  return {
    ...(planned.length
      ? {
          // Combinations are chosen in a panel of their own.
          ...(chosen.length
            ? {
                methods: [...new Set(chosen.map(({ method }) => method))],
                widths: [...new Set(chosen.map(({ bits }) => bits))],
              }
            : {}),
          group: planned[0]?.group ?? null,
          symmetric: recipe?.grid['symmetric'] === true,
          embedding: bitsOf(recipe?.embedding),
          head: bitsOf(recipe?.head),
        }
      : {}),
    protocol,
    context,
    maxTokens,
    calibrationTokens,
    mode,
    seed,
  };
}
