/** The shapes as a page; it needs no peers. */
/* global document */
import { Gpu } from '../../../src/gpu/gpu';
import { compareShapes, shapeLines } from '../shapes';

const out = document.querySelector('#out');
function print(line) {
  out.textContent += `${line}\n`;
  console.log(`bench: ${line}`);
}

async function run() {
  const gpu = await Gpu.create(navigator.gpu);
  print(`adapter: ${gpu.card.vendor} ${gpu.card.architecture} ${gpu.card.name}`);
  for (const line of shapeLines(await compareShapes(gpu, 5))) print(line);
}

run().then(
  () => print('done'),
  (error) => print(`failed: ${error.stack ?? error}`),
);
