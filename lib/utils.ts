export * as checkpoint from './autograd/checkpoint.js';
