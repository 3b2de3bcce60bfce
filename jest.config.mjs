/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/tests/fixtures/', '<rootDir>/tests/bench/peers/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  // Sources import './x.js', as Node wants it after the build; under jest the file is './x.ts'.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['js', 'ts', 'mjs', 'cjs', 'json', 'node'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  setupFiles: ['<rootDir>/tests/helpers/seed.ts'],
  maxWorkers: 2,
  // A worker keeps what its files have loaded: one that holds much is replaced, and ends at once when all is done.
  workerIdleMemoryLimit: '1GB',
  reporters: ['default', '<rootDir>/tests/reporter.mjs'],
};
