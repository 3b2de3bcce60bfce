/** torchvision's resnet18, built from the library's own layers under torchvision's state-dict names. */
import type { Library } from './library.js';
import { callMethod, callPath } from './naming.js';

type Layer = unknown;

const forward = (layer: Layer, x: unknown) => callMethod(layer, 'forward', x);

/** The network as a module of `tg.nn`; the classes are made here because the library is only known at run time. */
export function resnet18(tg: Library): Layer {
  const Module = (tg.nn as { Module: new () => object }).Module;
  const layer = (name: string, ...args: unknown[]) => callPath(tg, `nn.${name}`, args);
  const convolution = (from: number, to: number, size: number, stride: number) =>
    layer('Conv2d', from, to, size, { stride, padding: (size - 1) / 2, bias: false });
  const relu = (x: unknown) => callPath(tg, 'nn.functional.relu', [x]);

  class BasicBlock extends Module {
    conv1: Layer;
    bn1: Layer;
    conv2: Layer;
    bn2: Layer;
    downsample?: Layer;

    constructor(from: number, to: number, stride: number) {
      super();
      this.conv1 = convolution(from, to, 3, stride);
      this.bn1 = layer('BatchNorm2d', to);
      this.conv2 = convolution(to, to, 3, 1);
      this.bn2 = layer('BatchNorm2d', to);
      if (stride !== 1 || from !== to) {
        this.downsample = layer('Sequential', convolution(from, to, 1, stride), layer('BatchNorm2d', to));
      }
    }

    forward(x: unknown): unknown {
      const inner = relu(forward(this.bn1, forward(this.conv1, x)));
      const outer = forward(this.bn2, forward(this.conv2, inner));
      return relu(callPath(tg, 'add', [outer, this.downsample ? forward(this.downsample, x) : x]));
    }
  }

  class ResNet extends Module {
    conv1: Layer;
    bn1: Layer;
    maxpool: Layer;
    layer1: Layer;
    layer2: Layer;
    layer3: Layer;
    layer4: Layer;
    avgpool: Layer;
    fc: Layer;

    constructor() {
      super();
      const stage = (from: number, to: number, stride: number) =>
        layer('Sequential', new BasicBlock(from, to, stride), new BasicBlock(to, to, 1));
      this.conv1 = convolution(3, 64, 7, 2);
      this.bn1 = layer('BatchNorm2d', 64);
      this.maxpool = layer('MaxPool2d', 3, { stride: 2, padding: 1 });
      this.layer1 = stage(64, 64, 1);
      this.layer2 = stage(64, 128, 2);
      this.layer3 = stage(128, 256, 2);
      this.layer4 = stage(256, 512, 2);
      this.avgpool = layer('AdaptiveAvgPool2d', 1);
      this.fc = layer('Linear', 512, 1000);
    }

    forward(x: unknown): unknown {
      const stem = forward(this.maxpool, relu(forward(this.bn1, forward(this.conv1, x))));
      const features = [this.layer1, this.layer2, this.layer3, this.layer4, this.avgpool].reduce(
        (value, stage) => forward(stage, value),
        stem,
      );
      return forward(this.fc, callPath(tg, 'flatten', [features, 1]));
    }
  }

  return new ResNet();
}
