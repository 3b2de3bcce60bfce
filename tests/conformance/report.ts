/** The report as text: a table by tier and category for each part, and every failing sample with its reason. */
import { PARTS } from './corpus.js';
import type { Outcome, Result } from './run.js';
import { scoreOf } from './score.js';

const TIERS = [1, 2, 3];

function cell(results: Result[]): string {
  if (results.length === 0) return '';
  const { score, passed, samples } = scoreOf(results);
  return `${score.toFixed(3)} ${String(passed).padStart(4)}/${String(samples).padEnd(4)}`;
}

function line(name: string, results: Result[]): string {
  const cells = [...TIERS.map((tier) => results.filter((result) => result.tier === tier)), results].map(cell);
  const forward = results.filter((result) => result.forward).length;
  return [name.padEnd(22), ...cells.map((text) => text.padEnd(17)), String(forward).padStart(7)].join('');
}

function table(title: string, results: Result[]): string[] {
  const categories = [...new Set(results.map(({ category }) => category))];
  const head = [title.padEnd(22), ...TIERS.map((tier) => `tier ${tier}`.padEnd(17)), 'all'.padEnd(17), 'forward'].join(
    '',
  );
  const rows = categories.map((category) => {
    const own = results.filter((result) => result.category === category);
    return line(`  ${category}`, own);
  });
  return [head, ...rows, line('  all', results), ''];
}

/** The whole text; scores are weighted by tier, `forward` counts samples whose outputs pass whatever their gradients. */
export function format({ results, complex }: Outcome): string {
  const lines: string[] = [];
  for (const { id, part, tier, reason } of results.filter(({ passed }) => !passed)) {
    lines.push(`FAIL ${part} tier ${tier} ${id}: ${reason?.replace(/\s*\n\s*/g, ' ')}`);
  }
  if (lines.length > 0) lines.push('');
  for (const part of PARTS) {
    const own = results.filter((result) => result.part === part);
    if (own.length > 0) lines.push(...table(part, own));
  }
  const apart = PARTS.reduce((sum, part) => sum + complex[part], 0);
  if (apart > 0) lines.push(`apart, in no score: ${apart} samples with complex numbers, which are not offered`, '');
  const { score, passed, samples } = scoreOf(results);
  lines.push(`total ${score.toFixed(4)} (${passed} of ${samples} samples)`);
  return lines.join('\n');
}
