/** A second checkpoint: a real one where it lies beside the project, else another level of the demo. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testDrop } from './drop';
import { root, sharedModels } from './lab';

const stories = join(sharedModels, 'stories260K-f32');
testDrop(existsSync(stories) ? stories : join(root, 'public/demo/level-30'));
