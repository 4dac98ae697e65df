/** The run in the address: copying it, and opening one. A shared run is shown without its model. */
import { isPermalink } from '../log/link/mend';
import type { SharedRun } from '../log/link/sharedRun';
import { calibratedOn } from '../log/calibratedOn';
import { doubtLine } from '../log/verdict/doubt';
import { isMatrixMethod } from '../quant/recipe/combinations';
import { embeddingSite, headSite } from '../model/siteId';
import { recipeAt } from '../quant/recipe/assignment';
import type { Bench } from './bench';
import { busyNotice, errorNotice, notice } from './notices';
import { isPaper } from './paperAddress';
import type { LabState } from './state';
import { blankPoint, emptyRun, fromResult, type PointView, type RunView } from './runView';
import type { Runs } from './runs';
import type { Shelf } from './shelf';

/** The layouts of links: a chunk of its own, for the page is up before the first link is made or opened. */
const permalinks = () => import('../log/link/permalink');

export interface Links {
  /** Puts the run into the address and onto the clipboard. */
  copyLink(): Promise<void>;
  /** Shows the run that the address holds; where it holds none any more (Back), what was there before it. */
  openAddress(): Promise<void>;
  /** From now on the address holds the shown run: its link, once it has ended. */
  followRuns(): void;
}

/** Longest link that the address takes by itself; a longer one goes there when it is copied. Characters. */
const longest = 8000;

export function createLinks({ store, notify, settle }: Bench, runs: Pick<Runs, 'share'>, shelf: Shelf): Links {
  /** What the shown link took the place of. */
  let before: Pick<LabState, 'shown' | 'shared' | 'setup'> | null = null;

  /** The address holds the shown run's link, or none: a reload would open another run in its place. */
  function followShown(): void {
    const { shown } = store.getState();
    const link = shelf.find(shown)?.link ?? '';
    // The page on the paper keeps its address, and so does what is no link at all.
    if (location.hash === link || isPaper(location.hash) || (!link && !isPermalink(location.hash))) return;
    history.replaceState(null, '', location.pathname + location.search + link);
  }

  async function linkShown(): Promise<void> {
    const { shown, source } = store.getState();
    const shared = source === 'live' ? runs.share() : null;
    if (shown === null || !shared) return;
    // A run that no link can hold has none: Copy link says why.
    const link = await permalinks()
      .then(({ encodePermalink }) => encodePermalink(shared))
      .catch(() => null);
    if (link !== null && link.length <= longest && store.getState().activity === 'idle') shelf.setLink(shown, link);
  }

  function leaveLink(): void {
    const { source, activity } = store.getState();
    if (!before || activity !== 'idle') return;
    const { shown, shared, setup } = before;
    before = null;
    // A run of one's own that came after the link stays.
    if (source === 'link') shelf.show(shelf.find(shown), { shared, setup, matrixBits: null });
    else store.setState({ shared });
  }

  return {
    followRuns() {
      if (store.getState().shown !== null) followShown();
      store.subscribe((state, last) => {
        if (state.shown !== last.shown || state.shelf !== last.shelf) followShown();
        if (state.activity === 'idle' && last.activity !== 'idle') void linkShown();
      });
    },
    async copyLink() {
      const shared = store.getState().source === 'link' ? store.getState().shared?.share : runs.share();
      if (!shared)
        return notify(notice('note', 'There is nothing to share yet', 'A link needs at least one finished point.'));
      const url = new URL(location.href);
      try {
        const { encodePermalink } = await permalinks();
        url.hash = await encodePermalink(shared);
      } catch (error) {
        return notify(errorNotice('There is no link to this run', error, { topic: 'link' }));
      }
      const { shown } = store.getState();
      if (shown !== null) shelf.setLink(shown, url.hash);
      try {
        await navigator.clipboard.writeText(url.href);
        notify(
          notice(
            'note',
            'The link is on the clipboard',
            `It holds ${store.getState().beside.length ? 'the shown run alone' : 'the whole run'} in ${url.hash.length} characters: settings, points and intervals, no weights and no text.`,
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
      const link = location.hash;
      if (!isPermalink(link)) return leaveLink();
      const { shelf: runsHere, shown, shared: other, setup, activity } = store.getState();
      const here = runsHere.find((run) => run.link === link);
      if (here && here.id === shown) return;
      if (activity !== 'idle') {
        return notify(busyNotice('the link'));
      }
      // A run of this browser's own: its log says more than its link.
      if (here && here.source !== 'link') {
        leaveLink();
        return shelf.openRun(here.id);
      }
      try {
        const { decodePermalink } = await permalinks();
        const shared = await decodePermalink(link);
        const view = viewOf(shared);
        // From one link to the next, the way back stays the same.
        before ??= { shown, shared: other, setup };
        const also = {
          matrixBits: null,
          shared: { share: shared, run: view },
          setup: { ...setup, ...settingsOf(shared) },
          announcement: `A shared run of ${shared.model.label} is shown.`,
        };
        if (here) shelf.show(here, also);
        else shelf.begin('link', { shared: { share: shared, view, link }, also });
      } catch (error) {
        notify(
          errorNotice('The link could not be read', error, { stays: 'Everything else works as usual.', topic: 'link' }),
        );
      }
    },
  };
}

/** A shared run as a finished view. */
function viewOf(share: SharedRun): RunView {
  const { app, model, adapter, settings, evaluation, doubts, results } = share;
  const calibration = calibratedOn(share);
  const points = results.map((result): PointView => {
    const method = settings.points.find(({ id }) => id === result.id)?.method ?? result.method;
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
    texts: [evaluation.fingerprint, calibration?.fingerprint ?? null] as const,
  };
  const remarks = (doubts ?? []).map(({ doubt, share }) => ({
    kind: 'text' as const,
    text: doubtLine({ doubt, share, text: evaluation.label }),
    doubt,
  }));
  return { ...emptyRun, status: 'finished', about, points, remarks };
}

/** The form as the shared run had it, so that changing one thing and running again is easy. */
function settingsOf({ settings }: SharedRun) {
  const { points, protocol, context, maxTokens, calibrationTokens, mode, seed, variants } = settings;
  const planned = points.filter(({ assignment }) => assignment !== null);
  const chosen = planned.filter(({ method }) => !isMatrixMethod(method));
  const assignment = planned[0]?.assignment;
  const bitsAt = (site: string) => {
    const bits = assignment && recipeAt(assignment, site)?.grid['bits'];
    return typeof bits === 'number' ? bits : null;
  };
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
          symmetric: assignment?.all.grid['symmetric'] === true,
          embedding: bitsAt(embeddingSite),
          head: bitsAt(headSite),
        }
      : {}),
    protocol,
    context,
    maxTokens,
    calibrationTokens,
    mode,
    seed,
    variants: variants ?? {},
    sites: planned.some(({ assignment }) => assignment?.everywhere) ? ('all' as const) : ('usual' as const),
  };
}
