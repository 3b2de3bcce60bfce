import cliProgress from 'cli-progress';

/** Shows how far the training is. */
export interface Progress {
  /** Called after each batch: images done since the first epoch began, the batch's loss, the epoch counted from 1. */
  update(images: number, loss: number, epoch: number): void;
  stop(): void;
}

interface State {
  epoch: string;
  loss: string;
  rate: string;
  left: string;
}

/** A bar on a terminal, elsewhere a plain line after each tenth of the way; `done` images were trained on before. */
export function showProgress(total: number, done: number, epochs: number): Progress {
  const start = performance.now();
  const display = process.stdout.isTTY ? bar(total, done) : lines(total, done);
  let smoothed = Number.NaN;
  return {
    update(images, loss, epoch) {
      smoothed = Number.isNaN(smoothed) ? loss : 0.95 * smoothed + 0.05 * loss;
      const rate = ((images - done) / (performance.now() - start)) * 1000;
      display.show(images, {
        epoch: `epoch ${epoch}/${epochs}`,
        loss: `loss ${smoothed.toFixed(4)}`,
        rate: `${Math.round(rate)} images/s`,
        left: `${clock((total - images) / rate)} left`,
      });
    },
    stop: () => display.stop(),
  };
}

interface Display {
  show(images: number, state: State): void;
  stop(): void;
}

function bar(total: number, done: number): Display {
  const display = new cliProgress.SingleBar(
    {
      stream: process.stdout,
      format: '{epoch} {bar} {percentage}% | {loss} | {rate} | {left}',
      barsize: 20,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  display.start(total, done, { epoch: '', loss: '', rate: '', left: '' });
  return { show: (images, state) => display.update(images, state), stop: () => display.stop() };
}

function lines(total: number, done: number): Display {
  let tenth = Math.floor((10 * done) / total);
  return {
    show(images, { epoch, loss, rate, left }) {
      if (Math.floor((10 * images) / total) === tenth) return;
      tenth = Math.floor((10 * images) / total);
      console.log([epoch, `${images}/${total} images`, loss, rate, left].join('  '));
    },
    stop() {},
  };
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
