/** Times the library beside others: `npm run -s bench -- --help`. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Answer, BenchError, type Candidate } from './candidate.js';
import { ours, type PeerName, peer, peerNames } from './candidates.js';
import { commonEnvironment, withBlas } from './environment.js';
import { type Answers, lines, table } from './report.js';
import type { Workload } from './workload.js';

interface Flags {
  only: string[];
  threads: number;
  blas?: 'on' | 'off';
  vs: PeerName[];
  python?: string;
  rounds: number;
  json?: string;
}

const FAILED = 1;
const CANNOT_RUN = 2;
/** Workloads between two turns: few, so that both sides meet the same noise; a peer takes seconds to start. */
const TURN = 6;

const list = (text: string): string[] => text.split(',').filter((item) => item !== '');

function peerList(text: string): PeerName[] {
  if (text === 'none') return [];
  const names = list(text);
  const unknown = names.find((name) => !peerNames.includes(name as PeerName));
  if (unknown !== undefined || names.length === 0) {
    throw new InvalidArgumentError(`Use ${peerNames.join(', ')}, separated by commas, or none.`);
  }
  return names as PeerName[];
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Use an integer from 1.');
  return value;
}

/** The library loads only once the arguments are right. */
async function selected(prefixes: readonly string[]): Promise<Workload[]> {
  const { workloads } = await import('./workloads.js');
  const idle = prefixes.find((prefix) => !workloads.some(({ name }) => name.startsWith(prefix)));
  if (idle !== undefined) throw new BenchError(`no workload starts with '${idle}'`);
  return workloads.filter(({ name }) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)));
}

async function collect(candidates: readonly Candidate[], chosen: readonly Workload[], rounds: number) {
  const results = new Map(candidates.map(({ name }): [string, Answers] => [name, new Map<string, Answer[]>()]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < chosen.length; i += TURN) {
      const names = chosen.slice(i, i + TURN).map(({ name }) => name);
      for (const candidate of candidates) {
        if (process.stderr.isTTY)
          process.stderr.write(`\x1b[2K\rround ${round + 1}/${rounds}: ${candidate.name} ${names[0]} ...`);
        const answers = results.get(candidate.name)!;
        for (const answer of await candidate.run(names)) {
          answers.set(answer.workload, [...(answers.get(answer.workload) ?? []), answer]);
        }
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r');
  return results;
}

function printErrors(candidate: string, answers: Answers): void {
  for (const [workload, [first]] of answers)
    if ('error' in first) console.error(`${candidate} ${workload}: ${first.error}`);
}

async function main({ only, threads, blas, vs, python, rounds, json }: Flags): Promise<void> {
  const env = commonEnvironment(threads);
  const ownEnv = blas ? withBlas(env, blas) : env;
  const chosen = await selected(only);
  const peers = await Promise.all(vs.map((name) => peer(name, threads, env, ownEnv, python)));
  const own = ours(threads, ownEnv);
  const candidates = [own, ...peers];
  const results = await collect(candidates, chosen, rounds).finally(() => {
    for (const candidate of candidates) candidate.close();
  });
  const mine = results.get(own.name)!;
  results.delete(own.name);
  const rows = lines(chosen, mine, results);
  const heading = `${cpus()[0].model}, Node ${process.versions.node}, threads: ${threads}, our BLAS: ${await own.blas}`;
  console.log(`${heading}\n${table(rows, vs)}`);
  printErrors(own.name, mine);
  for (const [name, answers] of results) printErrors(name, answers);
  if (json) writeFileSync(json, `${JSON.stringify(rows, null, 1)}\n`);
  if (rows.length < chosen.length) process.exitCode = FAILED;
}

const command = new Command('bench')
  .description('Times the library beside others, each in its own process, taking turns; the best of all rounds counts.')
  .option('--only <prefixes>', 'workloads that start so, separated by commas', list, [])
  .option('--threads <n>', 'threads of each side', count, 1)
  .addOption(new Option('--blas <state>', "the system's BLAS on our side").choices(['on', 'off']))
  .addOption(
    new Option('--vs <peers>', `${peerNames.join(', ')} (ours, one thread each), separated by commas, or none`)
      .argParser(peerList)
      .default(['pytorch'], 'pytorch'),
  )
  .option('--python <path>', 'a Python that imports torch', undefined)
  .option('--rounds <n>', 'turns of each side', count, 3)
  .option('--json <file>', 'write the figures there')
  .action(main);

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(error.message);
  process.exitCode = CANNOT_RUN;
}
