export { deserialize, serialize } from './checkpoint.js';
export { loadFile, saveFile } from './files.js';
export { load, metadata, save } from './safetensors.js';
export type { Saveable } from './structure.js';
