// What `finetune backbones` shows, and what a training that chooses its backbone says of the choice.

import { printable } from '../system/printable.js';
import { renderTable } from './table.js';
import { wrap } from './wrap.js';

/** A backbone that is prepared, with figures where it was compared. */
export interface ListedBackbone {
  readonly name: string;
  readonly dir: string;
  /** The accuracy of heads on images that they were not trained on. */
  readonly accuracy?: number | undefined;
  /** Mean log-loss of the same, natural logarithm. */
  readonly loss?: number | undefined;
  /** The speed of the base in fp32 on all processors, decoding not counted. */
  readonly imagesPerSecond?: number | undefined;
  /** The size of the base's weights, in 10^6 bytes. */
  readonly megabytes?: number | undefined;
  /** Why it cannot be used on these images. */
  readonly failure?: string | undefined;
}

const head = ['backbone', 'accuracy', 'log-loss', 'images/s', 'MB'];
const alignments = ['left', 'right', 'right', 'right', 'right'] as const;

/**
 * Renders how backbones compare: a row each, then why others have no figures.
 * @returns several lines, without a line break at the end
 */
export function renderComparison(backbones: readonly ListedBackbone[]): string {
  const rows = backbones.map(({ name, accuracy, loss, imagesPerSecond, megabytes, failure }) => [
    printable(name),
    failure === undefined ? percent(accuracy) : 'failed',
    ...[loss?.toFixed(3), imagesPerSecond?.toFixed(1), megabytes?.toFixed(0)].map(each => each ?? ''),
  ]);
  const failures = backbones.flatMap(({ name, failure }) =>
    failure === undefined ? [] : wrap(`! ${printable(name)}: ${failure}`),
  );
  return [renderTable(head, rows, alignments), ...failures].join('\n');
}

/** Renders what is prepared and what can be. */
export function renderBackbones(
  prepared: readonly ListedBackbone[],
  available: readonly string[],
  compared: boolean,
): string {
  const here = compared
    ? renderComparison(prepared)
    : wrap(`Prepared: ${prepared.map(({ name }) => printable(name)).join(', ') || 'none'}.`);
  return `${here}\n\n${wrap(`To prepare by name: ${available.join(', ')}.`)}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(100 * share).toFixed(1)} %`;
}
