const WIDTH = 760;
const HEIGHT = 280;
const LEFT = 52;
const BOTTOM = 36;
const MARGIN = 20;
const MOST_POINTS = 600;

/** The loss of each batch as an inline SVG picture: thin as it was, thick smoothed. */
export function lossCurve(losses: readonly number[]): string {
  const points = thinOut(losses).filter(([, loss]) => Number.isFinite(loss));
  if (points.length === 0) return '<p>No batch had a finite loss.</p>';
  const highest = Math.max(...points.map(([, loss]) => loss)) || 1;
  const x = (batch: number): number => LEFT + (batch / losses.length) * (WIDTH - LEFT - MARGIN);
  const y = (loss: number): number => MARGIN + (1 - loss / highest) * (HEIGHT - BOTTOM - MARGIN);
  const path = (values: readonly Point[]): string =>
    values.map(([batch, loss]) => `${x(batch).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Training loss by batch">
${quarters(highest)
  .map((loss) => yTick(y(loss), loss))
  .join('\n')}
${quarters(losses.length)
  .map((batch) => xTick(x(batch), Math.round(batch)))
  .join('\n')}
<text x="${WIDTH - MARGIN}" y="${HEIGHT - 4}" text-anchor="end">batch</text>
<polyline class="raw" points="${path(points)}"/>
<polyline class="smooth" points="${path(smooth(points))}"/>
</svg>`;
}

type Point = [batch: number, loss: number];

// Means of equal stretches, so that a report of many epochs stays small.
function thinOut(losses: readonly number[]): Point[] {
  const step = Math.ceil(losses.length / MOST_POINTS);
  const points: Point[] = [];
  for (let first = 0; first < losses.length; first += step) {
    const stretch = losses.slice(first, first + step);
    points.push([first + stretch.length / 2, stretch.reduce((sum, loss) => sum + loss, 0) / stretch.length]);
  }
  return points;
}

function smooth(points: readonly Point[]): Point[] {
  let mean = points[0][1];
  return points.map(([batch, loss]) => [batch, (mean += 0.2 * (loss - mean))]);
}

function quarters(end: number): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((part) => part * end);
}

function yTick(y: number, loss: number): string {
  return `<line x1="${LEFT}" x2="${WIDTH - MARGIN}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>
<text x="${LEFT - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${loss.toFixed(2)}</text>`;
}

function xTick(x: number, batch: number): string {
  return `<text x="${x.toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${batch}</text>`;
}
