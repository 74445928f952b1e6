// Pipeline events on a terminal: a line that shows how far a stage is, a line per epoch. Silent when piped, except for
// warnings.

import type { EmitEvent, PipelineEvent } from '../events.js';
import { printable } from '../system/printable.js';
import { renderEpoch } from './epoch.js';
import { ProgressLine } from './progress-line.js';
import { wrap } from './wrap.js';

interface Terminal {
  readonly isTTY?: boolean;
  /** 0 where it does not tell. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** What draws events. */
export interface Display {
  readonly onEvent: EmitEvent;
  /** Leaves a stage that is under way as it is, for something else is written now. */
  end(): void;
}

/** Draws events on `terminal` (standard error). */
export function showEventsOn(terminal: Terminal): Display {
  const progress = terminal.isTTY ? new ProgressLine(terminal) : undefined;
  let wasEpoch = false;
  const onEvent: EmitEvent = event => {
    const isAfterEpoch = wasEpoch;
    wasEpoch = event.type === 'epoch';
    if ('done' in event) return progress?.show(event);
    const line =
      event.type === 'epoch'
        ? progress &&
          `${isAfterEpoch ? previousLine : ''}${renderEpoch(event, terminal.columns || undefined)}`
        : renderEvent(event, progress !== undefined);
    if (line === undefined) return;
    progress?.clear();
    terminal.write(`${line}\n`);
  };
  return { onEvent, end: () => progress?.end() };
}

/** Goes to the beginning of the line above and erases it: an epoch takes the place of the one before. */
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
