import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Answer, BenchError, type Candidate } from './candidate.js';
import { type Form, programOn } from './forms.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const peersFolder = join(folder, 'peers');

/** Our library, in a process that lives through all rounds, as a training program does; `blas` is what it found. */
export function ours(threads: number, env: NodeJS.ProcessEnv): Candidate & { blas: Promise<string> } {
  return resident('tapegrad', fork(join(folder, 'ours.ts'), [String(threads)], { execArgv: ['--import', 'tsx'], env }));
}

/** Our library in another form. */
async function inForm(form: Form, threads: number, env: NodeJS.ProcessEnv): Promise<Candidate> {
  return resident(form, fork(await programOn(form), [String(threads)], { env }));
}

/** A process that stays, and takes one workload after the other. */
function resident(name: string, child: ChildProcess): Candidate & { blas: Promise<string> } {
  const blas = next<string>(child, 'its start');
  return {
    name,
    blas,
    async run(workloads) {
      await blas;
      const answers: Answer[] = [];
      for (const workload of workloads) {
        const answer = next<Answer>(child, workload);
        child.send(workload, () => {});
        answers.push(await answer);
      }
      return answers;
    },
    close: () => child.kill(),
  };
}

function next<T>(child: ChildProcess, during: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new BenchError(`tapegrad ended with ${child.exitCode} in ${during}`));
    if (child.exitCode !== null) ended();
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

/** A peer is a program that takes prefixes and prints a line of JSON per workload; it starts anew each time. */
function program(name: string, command: string, args: (only: string) => string[], env: NodeJS.ProcessEnv): Candidate {
  return {
    name,
    async run(workloads) {
      const child = spawn(command, args(workloads.join(',')), { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
      const answers: Answer[] = [];
      for await (const line of createInterface(child.stdout)) if (line.startsWith('{')) answers.push(JSON.parse(line));
      const status = await ended;
      if (status !== 0) throw new BenchError(`${name}: ${command} ended with ${status}`);
      return answers.filter(({ workload }) => workloads.includes(workload));
    },
    close() {},
  };
}

/**
 * Our library in as many processes of one thread, all at the same workload at the same time; gives the time per call of all of them together:
 * what threads could reach at most.
 */
function processes(count: number, env: NodeJS.ProcessEnv): Candidate {
  const children = Array.from({ length: count }, () => ours(1, env));
  return {
    name: 'processes',
    async run(workloads) {
      const answers: Answer[] = [];
      for (const workload of workloads) {
        const each = (await Promise.all(children.map((child) => child.run([workload])))).flat();
        const failed = each.find((answer) => 'error' in answer);
        const rate = each.reduce((sum, answer) => sum + ('error' in answer ? 0 : 1 / answer.us), 0);
        answers.push(failed ?? { workload, us: 1 / rate });
      }
      return answers;
    },
    close() {
      for (const child of children) child.close();
    },
  };
}

function importsTorch(python: string): boolean {
  return spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
}

function pytorch(threads: number, env: NodeJS.ProcessEnv, given?: string): Candidate {
  const tried = given ? [given] : ['/usr/bin/python3', 'python3'];
  const python = tried.find(importsTorch);
  if (!python) {
    throw new BenchError(`pytorch: ${tried.join(' and ')} cannot import torch; give --python PATH or --vs none`);
  }
  const script = join(peersFolder, 'pytorch.py');
  return program('pytorch', python, (only) => [script, '--threads', String(threads), '--only', only], env);
}

function javascript(name: string, env: NodeJS.ProcessEnv): Candidate {
  if (!existsSync(join(peersFolder, 'node_modules'))) {
    throw new BenchError(`${name}: not installed; run npm install in tests/bench/peers`);
  }
  return program(name, process.execPath, (only) => [join(peersFolder, 'js.mjs'), name, only], env);
}

export const peerNames = ['pytorch', 'tfjs-wasm', 'jax-js', 'processes', 'package', 'es2021'] as const;
export type PeerName = (typeof peerNames)[number];

/** The other side, or an error that says what it lacks; `ownEnv` is for our own library. */
export function peer(
  name: PeerName,
  threads: number,
  env: NodeJS.ProcessEnv,
  ownEnv: NodeJS.ProcessEnv,
  python?: string,
): Candidate | Promise<Candidate> {
  if (name === 'package' || name === 'es2021') return inForm(name, threads, ownEnv);
  if (name === 'processes') return processes(threads, ownEnv);
  return name === 'pytorch' ? pytorch(threads, env, python) : javascript(name, env);
}
