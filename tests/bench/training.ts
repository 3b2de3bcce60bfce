/** Whole training steps: forward, cross entropy, backward, update. */
import * as tg from '../../lib/index.js';
import { Gpt, LastStep, resnet18 } from './models.js';
import type { Workload } from './workload.js';

const { nn, optim } = tg;

interface Task {
  model: tg.nn.Module & { forward(x: tg.Tensor): tg.Tensor };
  x: tg.Tensor;
  y: tg.Tensor;
  optimizer: tg.optim.Optimizer;
}

function training(name: string, start: () => Task): Workload {
  return {
    name: `train/${name}`,
    prepare() {
      const { model, x, y, optimizer } = start();
      return () => {
        optimizer.zeroGrad();
        const loss = nn.functional.crossEntropy(model.forward(x), y);
        loss.backward();
        optimizer.step();
        return loss;
      };
    },
  };
}

const adam = (model: tg.nn.Module): tg.optim.Adam => new optim.Adam(model.parameters(), { lr: 1e-3 });

export const trainingSteps: readonly Workload[] = [
  training('mlp_tiny', () => {
    const model = new nn.Sequential(
      new nn.Linear(2, 16),
      new nn.Tanh(),
      new nn.Linear(16, 16),
      new nn.Tanh(),
      new nn.Linear(16, 2),
    );
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    return { model, x: tg.randn(32, 2), y: tg.randint(0, 2, [32]), optimizer };
  }),
  training('mlp_mnist', () => {
    const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
    return { model, x: tg.randn(64, 784), y: tg.randint(0, 10, [64]), optimizer: adam(model) };
  }),
  training('cnn_mnist', () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 32, 3),
      new nn.ReLU(),
      new nn.Conv2d(32, 64, 3),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(9216, 128),
      new nn.ReLU(),
      new nn.Linear(128, 10),
    );
    return { model, x: tg.randn(64, 1, 28, 28), y: tg.randint(0, 10, [64]), optimizer: adam(model) };
  }),
  training('lstm', () => {
    const model = new LastStep();
    return { model, x: tg.randn(32, 32, 64), y: tg.randint(0, 10, [32]), optimizer: adam(model) };
  }),
  training('gpt_small', () => {
    const model = new Gpt();
    const tokens = tg.randint(0, 65, [16, 64]);
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    return { model, x: tokens, y: tokens, optimizer };
  }),
  training('resnet18_64', () => {
    const model = resnet18(10);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    return { model, x: tg.randn(8, 3, 64, 64), y: tg.randint(0, 10, [8]), optimizer };
  }),
];
