/** The comparison as a page. Plain JavaScript, because the peers' types are there only when they are installed. */
/* global document, location */
import * as jax from '@jax-js/jax';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-web/webgpu';
import { Gpu } from '../../../src/gpu/gpu';
import { compareCholesky, compareMatmul, toLines } from '../compare';
import { jaxPeer, ortPeer, tfPeer } from '../peers';

const out = document.querySelector('#out');
function print(line) {
  out.textContent += `${line}\n`;
  console.log(`bench: ${line}`);
}

async function run() {
  const query = new URLSearchParams(location.search);
  const gpu = await Gpu.create(navigator.gpu);
  print(`adapter: ${gpu.card.vendor} ${gpu.card.architecture} ${gpu.card.name}`);
  const peers = [];
  for (const [name, open] of [
    ['onnxruntime-web', async () => ortPeer(ort, 'onnxruntime-web')],
    ['tfjs-webgpu', () => tfPeer(tf)],
    ['jax-js', () => jaxPeer(jax)],
  ]) {
    try {
      peers.push(await open());
    } catch (error) {
      print(`${name} does not run here: ${error.message}`);
    }
  }
  const seconds = Number(query.get('seconds') ?? 20);
  for (const n of (query.get('size') ?? '512').split(',').map(Number)) {
    for (const line of toLines(await compareMatmul(gpu, peers, n, seconds))) print(line);
    for (const line of toLines(await compareCholesky(gpu, peers, n, seconds))) print(line);
  }
}

run().then(
  () => print('done'),
  (error) => print(`failed: ${error.stack ?? error}`),
);
