export { load, metadata, save } from './safetensors.js';
