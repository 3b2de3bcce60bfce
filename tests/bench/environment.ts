import { readFileSync } from 'node:fs';

/** The best kernels of OpenBLAS that this processor runs; undefined where that is not known. */
function coreType(): string | undefined {
  let flags: string;
  try {
    flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return undefined;
  }
  if (/\bavx512f\b/.test(flags)) return 'SkylakeX';
  return /\bavx2\b/.test(flags) ? 'Haswell' : undefined;
}

/** The environment of both sides: the same threads, the same kernels of OpenBLAS. */
export function commonEnvironment(threads: number): NodeJS.ProcessEnv {
  const common: NodeJS.ProcessEnv = {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
  };
  const core = common.OPENBLAS_CORETYPE ?? coreType();
  if (core) common.OPENBLAS_CORETYPE = core;
  return common;
}

/** `off` turns our BLAS off; `on` overrules a variable that turns it off, and keeps one that names a library. */
export function withBlas(environment: NodeJS.ProcessEnv, blas: 'on' | 'off'): NodeJS.ProcessEnv {
  const { TAPEGRAD_BLAS: before, ...rest } = environment;
  if (blas === 'off') return { ...rest, TAPEGRAD_BLAS: 'off' };
  return before === undefined || before === 'off' ? rest : { ...rest, TAPEGRAD_BLAS: before };
}
