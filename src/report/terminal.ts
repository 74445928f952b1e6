// Pipeline events on a terminal: bars (progress-bar.ts), a line per epoch. Silent when piped, except for warnings.

import type { EmitEvent, EpochRecord, PipelineEvent } from '../events.js';
import { printable } from './printable.js';
import { wrap } from './wrap.js';

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @returns an event listener that draws on `terminal` (standard error) */
export async function showEventsOn(terminal: Terminal & NodeJS.WritableStream): Promise<EmitEvent> {
  // Bars take a while to load, and nobody sees them where this is piped.
  const bars = terminal.isTTY ? new (await import('./progress-bar.js')).ProgressBars(terminal) : undefined;
  return event => {
    if ('done' in event) return bars?.show(event);
    const line = renderEvent(event, terminal.isTTY === true);
    if (line !== undefined) terminal.write(`${line}\n`);
  };
}

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
