// Bars on a terminal: a stage each, with images/s and time left.

import cliProgress from 'cli-progress';
import type { PipelineEvent } from '../events.js';

/** The bars of one terminal, by stage. */
export class ProgressBars {
  readonly #bars = new Map<string, cliProgress.SingleBar>();

  /** @param terminal on which they are drawn */
  constructor(readonly terminal: NodeJS.WritableStream) {}

  /** Draws how far a stage has come; its bar ends with the stage. */
  show({ type: stage, done, total = done }: Extract<PipelineEvent, { done: number }>): void {
    const bar = this.#bars.get(stage) ?? startBar(stage, total, this.terminal);
    this.#bars.set(stage, bar);
    bar.update(done, { rate: '' });
    if (done < total) return;
    bar.stop();
    this.#bars.delete(stage);
  }
}

function startBar(stage: string, total: number, stream: NodeJS.WritableStream): cliProgress.SingleBar {
  const started = performance.now();
  const bar = new cliProgress.SingleBar({
    stream,
    // A terminal whose cursor is hidden or whose lines do not wrap would stay so after Ctrl-C.
    hideCursor: false,
    linewrap: true,
    format: (_options, { value }) =>
      renderProgress({ stage, done: value, total, seconds: (performance.now() - started) / 1000 }),
  });
  bar.start(total, 0);
  return bar;
}

const barWidth = 24;

interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly seconds: number;
}

/** `features ██████░░░░ 120/200  98 images/s  1 s left` */
function renderProgress({ stage, done, total, seconds }: Progress): string {
  const filled = Math.round((done / total) * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const start = `${stage} ${bar} ${done}/${total}`;
  if (done === 0) return start;
  const rate = done / Math.max(seconds, 1e-3);
  const unit = countsImages.has(stage) ? ' images/s' : '/s';
  return `${start}  ${rate.toFixed(rate < 10 ? 1 : 0)}${unit}  ${Math.ceil((total - done) / rate)} s left`;
}

/** The stages whose steps are images. */
const countsImages: ReadonlySet<string> = new Set([
  'features',
  'verify',
  'evaluate',
  'dataset',
  'decode',
  'inspect',
]);
