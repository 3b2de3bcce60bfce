import { lossCurve } from './curve.js';
import { SIDE } from './idx.js';
import { encodePng } from './png.js';

/** A test image that was taken for another digit. */
export interface Mistake {
  pixels: Uint8Array;
  label: number;
  predicted: number;
  /** The probability that the network gave to the digit it named, and to the right one. */
  confidence: number;
  probability: number;
}

/** How the network did on the test images. */
export interface Evaluation {
  accuracy: number;
  /** `confusion[label][predicted]`: how many test images. */
  confusion: number[][];
  /** The worst first. */
  mistakes: Mistake[];
}

const MOST_MISTAKES = 30;

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 800px; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; }
svg line { stroke: #8884; } svg text { font-size: 12px; fill: currentColor; }
polyline { fill: none; } .raw { stroke: #4a7fd155; } .smooth { stroke: #2f62b5; stroke-width: 2; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; } #settings *, caption { text-align: left; overflow-wrap: anywhere; }
caption { padding-bottom: .5rem; }
.digits { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-size: .8rem; line-height: 1.3; }
.digits img { width: 100%; image-rendering: pixelated; }`;

/** A page that shows a training run, whole in one file: it loads nothing. */
export function renderReport(
  losses: readonly number[],
  evaluation: Evaluation,
  settings: Record<string, string>,
): string {
  const { accuracy, confusion, mistakes } = evaluation;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>MNIST</title><style>${STYLE}</style></head>
<body>
<h1>MNIST: ${accuracy.toFixed(2)} % of the test images</h1>
<table id="settings">${Object.entries(settings).map(settingsRow).join('\n')}</table>
<h2>Training loss</h2>
${lossCurve(losses)}
<h2>Confusion matrix</h2>
${confusionTable(confusion)}
<h2>The digits it got most wrong</h2>
${mistakes.length === 0 ? '<p>None: every test image was recognised.</p>' : `<div class="digits">${mistakes.slice(0, MOST_MISTAKES).map(figure).join('\n')}</div>`}
</body>
</html>
`;
}

function settingsRow([name, value]: [string, string]): string {
  return `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`;
}

function confusionTable(confusion: number[][]): string {
  const digits = confusion.map((_, digit) => `<th scope="col">${digit}</th>`).join('');
  return `<table id="confusion"><caption>Rows: the digit shown. Columns: the digit named.</caption>
<thead><tr><td></td>${digits}</tr></thead>
<tbody>
${confusion.map(confusionRow).join('\n')}
</tbody></table>`;
}

function confusionRow(counts: number[], label: number): string {
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  const cells = counts.map((count, predicted) => {
    const colour = predicted === label ? '47, 98, 181' : '214, 69, 65';
    // Mistakes are rare: a fourth root makes a single one visible beside a thousand right answers.
    return `<td style="background: rgba(${colour}, ${(0.8 * (count / total) ** 0.25).toFixed(2)})">${count}</td>`;
  });
  return `<tr><th scope="row">${label}</th>${cells.join('')}</tr>`;
}

function figure({ pixels, label, predicted, confidence, probability }: Mistake): string {
  const source = `data:image/png;base64,${encodePng(pixels, SIDE, SIDE).toString('base64')}`;
  return `<figure><img src="${source}" alt="a ${label} taken for a ${predicted}">
<figcaption><b>${label}</b> taken for <b>${predicted}</b><br>${percent(confidence)} against ${percent(probability)}</figcaption></figure>`;
}

function percent(probability: number): string {
  return `${(100 * probability).toFixed(1)} %`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
