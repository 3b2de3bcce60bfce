import { existsSync, readFileSync } from 'node:fs';
import * as tg from '../../lib/index.js';

/** Trains a small CNN for the given number of steps in one turn of the event loop, and prints the peak of resident memory in MB. */
const steps = Number(process.argv[2]);
const F = tg.nn.functional;
tg.manualSeed(0);
const leaf = (...shape: number[]): tg.Tensor => tg.randn(shape).mul(0.1).requiresGrad_();
const parameters = [leaf(8, 1, 3, 3), leaf(8), leaf(10, 8 * 13 * 13), leaf(10)];
const [kernel, shift, weight, bias] = parameters;
const optimizer = new tg.optim.Adam(parameters, { lr: 1e-3 });
const images = tg.randn(16, 1, 28, 28);
const targets = tg.arange(16).remainder(10);
let loss = tg.zeros([]);
for (let step = 0; step < steps; step++) {
  optimizer.zeroGrad();
  const hidden = F.maxPool2d(F.conv2d(images, kernel, shift).relu(), 2).flatten(1);
  loss = F.crossEntropy(F.linear(hidden, weight, bias), targets);
  loss.backward();
  optimizer.step();
}

/** In MB; the resource usage of a process counts that of whoever started it too, up to its own first instruction. */
function peakOfMemory(): number {
  const own = '/proc/self/status';
  const status = existsSync(own) ? readFileSync(own, 'utf8') : '';
  return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS) / 1024;
}

console.log(JSON.stringify({ loss: loss.item(), peak: peakOfMemory() }));
