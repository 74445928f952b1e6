// Pipeline events on a terminal: a bar with images/s and time left, a line per epoch. Silent when piped, except for warnings.

import cliProgress from 'cli-progress';
import type { EmitEvent, EpochRecord, PipelineEvent } from '../events.js';
import { printable } from './printable.js';
import { wrap } from './wrap.js';

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @returns an event listener that draws on `terminal` (standard error) */
export function showEventsOn(terminal: Terminal & NodeJS.WritableStream): EmitEvent {
  const bars = new Map<string, cliProgress.SingleBar>();
  return event => {
    if ('done' in event) {
      if (terminal.isTTY) showProgress(bars, event, terminal);
      return;
    }
    const line = renderEvent(event, terminal.isTTY === true);
    if (line !== undefined) terminal.write(`${line}\n`);
  };
}

function showProgress(
  bars: Map<string, cliProgress.SingleBar>,
  { type: stage, done, total = done }: Extract<PipelineEvent, { done: number }>,
  stream: NodeJS.WritableStream,
): void {
  const bar = bars.get(stage) ?? startBar(stage, total, stream);
  bars.set(stage, bar);
  bar.update(done, { rate: '' });
  if (done < total) return;
  bar.stop();
  bars.delete(stage);
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
const countsImages: ReadonlySet<string> = new Set(['features', 'verify', 'evaluate', 'dataset', 'decode']);

function renderEvent(event: PipelineEvent, interactive: boolean): string | undefined {
  switch (event.type) {
    case 'warning':
      return wrap(`Warning: ${event.message.split('\n').map(printable).join('\n')}`);
    case 'notice':
      return wrap(event.message.split('\n').map(printable).join('\n'));
    case 'run':
      return `Run: ${printable(event.run)}`;
    case 'bad-image':
      return wrap(`Bad image left out: ${printable(event.image.path)} (${event.image.reason})`);
    case 'scan':
      return interactive ? `scan: ${event.images} images in ${event.classes} classes` : undefined;
    case 'prepare':
      return interactive ? `prepare: ${event.name} from ${event.source}` : undefined;
    case 'compare':
      return interactive ? `compare: features in ${event.storedAs} with those in float32` : undefined;
    case 'precision':
      return interactive ? `precision: trying int8 on ${event.images} images` : undefined;
    case 'setup':
      return interactive ? `setup: ${event.step}` : undefined;
    case 'epoch':
      return interactive ? renderEpoch(event.epoch, event.epochs) : undefined;
    default:
      return undefined;
  }
}

function renderEpoch({ epoch, loss, accuracy, valLoss, valAccuracy }: EpochRecord, epochs: number): string {
  const validation =
    valLoss === undefined || valAccuracy === undefined
      ? ''
      : `  val loss ${valLoss.toFixed(4)}  val accuracy ${valAccuracy.toFixed(4)}`;
  return `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}${validation}`;
}
