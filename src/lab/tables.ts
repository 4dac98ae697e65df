/** Embedding and head of a point: solved before its blocks, because sequential calibration sees them. */
import type { Scope } from '../gpu/buffers';
import type { Head } from '../model/model';
import { embeddingSite, headSite } from '../model/siteId';
import { createRng } from '../util/rng';
import type { RunEvent } from '../log/events';
import type { Bench } from './bench';
import type { PointModel } from './evaluate';
import type { PreparedPoint } from './prepare';
import { restore, roundTable } from './siteProblem';
import { takeOrSolve } from './solveSite';

/** Quantized where an exception names them. What is restored is owned by `home`. */
export async function* openTables(
  bench: Bench,
  point: PreparedPoint,
  home: Scope,
): AsyncGenerator<RunEvent, Pick<PointModel, 'embed' | 'ownHead'>> {
  const { model, settings } = bench;
  const { gpu, signal } = bench.input;
  const rng = createRng(settings.seed);
  const cx = { gpu, signal, rng, shared: rng };
  const placed = { embedding: point.placements.get(embeddingSite), head: point.placements.get(headSite) };
  let embed: PointModel['embed'] = (scope, ids, length, features) =>
    model.embed(scope, ids, length, undefined, features);
  let ownHead: Head | undefined;
  if (placed.embedding) {
    const { recipe } = placed.embedding;
    const solved = yield* takeOrSolve(bench, point, placed.embedding, [embeddingSite], async (emit) => {
      using scope = gpu.scope('embedding');
      return await roundTable(await model.openEmbedding(scope), recipe, { ...cx, emit });
    });
    const table = await restore(gpu, home, solved.parts, recipe);
    embed = (scope, ids, length, features) => model.embed(scope, ids, length, table, features);
    if (model.card.tiedEmbeddings) ownHead = bench.head.withWeight(table);
  }
  if (placed.head) {
    const { recipe } = placed.head;
    const solved = yield* takeOrSolve(bench, point, placed.head, [headSite], (emit) =>
      roundTable(bench.head.weight, recipe, { ...cx, emit }),
    );
    ownHead = bench.head.withWeight(await restore(gpu, home, solved.parts, recipe));
  }
  return { embed, ...(ownHead ? { ownHead } : {}) };
}
