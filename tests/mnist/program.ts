import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How a run of the program ended. */
export interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
}

// What `npm start` runs, so that the script itself is under test.
const script: string[] = JSON.parse(readFileSync('package.json', 'utf8')).scripts.start.split(' ');

/** Runs `npm start` with these arguments; sends SIGINT as soon as the output so far matches `interruptAt`. */
export function runProgram(args: readonly string[], interruptAt?: RegExp): Promise<Ending> {
  const [program, ...rest] = script;
  const child = spawn(program === 'node' ? process.execPath : program, [...rest, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ending: Ending = { code: null, stdout: '', stderr: '' };
  let interrupted = false;
  child.stdout.on('data', (text) => {
    ending.stdout += text;
    if (interrupted || !interruptAt?.test(ending.stdout)) return;
    interrupted = true;
    child.kill('SIGINT');
  });
  child.stderr.on('data', (text) => {
    ending.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ending, code }));
  });
}
