// Pipeline events on a terminal: bars (progress-bar.ts), a line per epoch. Silent when piped, except for warnings.

import type { EmitEvent, PipelineEvent } from '../events.js';
import { printable } from '../system/printable.js';
import { renderEpoch } from './epoch.js';
import { wrap } from './wrap.js';

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** @returns an event listener that draws on `terminal` (standard error) */
export async function showEventsOn(terminal: Terminal & NodeJS.WritableStream): Promise<EmitEvent> {
  // Bars take a while to load, and nobody sees them where this is piped.
  const bars = terminal.isTTY ? new (await import('./progress-bar.js')).ProgressBars(terminal) : undefined;
  let wasEpoch = false;
  return event => {
    if (event.type === 'epoch') {
      if (terminal.isTTY)
        terminal.write(`${wasEpoch ? previousLine : ''}${renderEpoch(event, terminal.columns)}\n`);
      wasEpoch = true;
      return;
    }
    wasEpoch = false;
    if ('done' in event) return bars?.show(event);
    const line = renderEvent(event, terminal.isTTY === true);
    if (line !== undefined) terminal.write(`${line}\n`);
  };
}

/** To the beginning of the line above, which is erased: an epoch takes the place of the one before. */
const previousLine = '\x1b[1A\r\x1b[2K';

function renderEvent(event: PipelineEvent, interactive: boolean): string | undefined {
  switch (event.type) {
    case 'warning':
      return wrap(`Warning: ${renderMessage(event)}`);
    case 'notice':
      return wrap(renderMessage(event));
    case 'run':
      return wrap(`Run: ${printable(event.run)}, in ${event.precision} on ${event.device}`);
    case 'bad-image':
      return wrap(`Bad image left out: ${printable(event.image.path)} (${printable(event.image.reason)})`);
    case 'scan':
      return interactive ? `scan: ${event.images} images in ${event.classes} classes` : undefined;
    case 'prepare':
      return interactive ? `prepare: ${event.name} from ${printable(event.source)}` : undefined;
    case 'compare':
      return interactive ? `compare: features in ${event.storedAs} with those in float32` : undefined;
    case 'precision':
      return interactive ? `precision: trying int8 on ${event.images} images` : undefined;
    case 'setup':
      return interactive ? `setup: ${printable(event.step)}` : undefined;
    default:
      return undefined;
  }
}

function renderMessage({
  message,
  lines = [],
}: Extract<PipelineEvent, { readonly message: string }>): string {
  return [message, ...lines].map(printable).join('\n');
}
