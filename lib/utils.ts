export { checkpoint } from './autograd/checkpoint.js';
