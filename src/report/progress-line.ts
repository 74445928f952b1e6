// How far a stage has come, as one line of a terminal that is drawn again and again. Nothing runs between two events, so
// that work that fails in the middle leaves nothing behind.

import type { PipelineEvent } from '../events.js';

type Counted = Extract<PipelineEvent, { done: number }>;

/** A line that has no line break yet. */
interface OpenLine {
  readonly stage: Counted['type'];
  readonly started: number;
  readonly drawn: number;
}

const millisecondsBetween = 100;

/** The progress that one terminal shows. */
export class ProgressLine {
  #open: OpenLine | undefined;

  /** @param terminal on which it is drawn; it may not tell how many columns it has */
  constructor(readonly terminal: { write(text: string): unknown; readonly columns?: number }) {}

  /** Draws how far a stage has come; its line ends with the stage. */
  show({ type: stage, done, total }: Counted): void {
    if (this.#open?.stage !== stage) this.end();
    const now = performance.now();
    const { started, drawn } = this.#open ?? { started: now, drawn: -Infinity };
    const isLast = total !== undefined && done >= total;
    if (!isLast && now - drawn < millisecondsBetween) return;
    const line = renderProgress({ stage, done, total, seconds: (now - started) / 1000 });
    // A line that wraps would be drawn below itself the next time.
    this.terminal.write(`\r${line.slice(0, (this.terminal.columns || 80) - 1)}\x1b[K`);
    this.#open = { stage, started, drawn: now };
    if (isLast) this.end();
  }

  /** Makes place for another line, below which the next event draws this one again. */
  clear(): void {
    if (this.#open === undefined) return;
    this.terminal.write('\r\x1b[K');
    this.#open = { ...this.#open, drawn: -Infinity };
  }

  /** Leaves the line as it is. */
  end(): void {
    if (this.#open !== undefined) this.terminal.write('\n');
    this.#open = undefined;
  }
}

const barWidth = 24;

interface Progress {
  readonly stage: Counted['type'];
  readonly done: number;
  /** Absent where nobody knows. */
  readonly total: number | undefined;
  readonly seconds: number;
}

/** `features ██████░░░░ 120/200  98 images/s  1 s left` */
function renderProgress({ stage, done, total, seconds }: Progress): string {
  const { unit = '', size = 1 } = units[stage] ?? {};
  const count = (amount: number) => (amount / size).toFixed(size === 1 ? 0 : 1);
  const start =
    total === undefined
      ? `${stage} ${count(done)}${unit}`
      : `${stage} ${renderBar(done / total)} ${count(done)}/${count(total)}`;
  if (done === 0) return start;
  const rate = done / Math.max(seconds, 1e-3);
  const shown = rate / size;
  const left = total === undefined ? '' : `  ${Math.max(0, Math.ceil((total - done) / rate))} s left`;
  return `${start}  ${shown.toFixed(shown < 10 ? 1 : 0)}${unit}/s${left}`;
}

/** There may be more to do than was expected. */
function renderBar(share: number): string {
  const filled = Math.round(Math.min(1, share) * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
}

const images = { unit: ' images' };

/** What the steps of a stage are, and how many of them one is shown for. */
const units: Readonly<Partial<Record<Counted['type'], { readonly unit: string; readonly size?: number }>>> = {
  ...{ features: images, verify: images, evaluate: images, dataset: images, decode: images, inspect: images },
  download: { unit: ' MB', size: 1e6 },
};
