/** The operations that gradient rules are written in: every table, under one roof. */
export type Operations = typeof import('./table.js');
