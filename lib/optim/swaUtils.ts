export { SWALR, type SWALROptions } from './lrScheduler/averaging.js';
