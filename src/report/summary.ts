// A network's summary as text: Keras' table.

import Table from 'cli-table3';
import type { LayerRow, NetworkSummary } from '../network/summarize.js';
import { printable } from '../system/printable.js';

/**
 * Renders a summary as Keras prints it: layer (type), output shape, parameters, and, unless the network is a plain
 * chain, what each layer is connected to; then the totals. A star marks where a block begins that can be unfrozen.
 */
export function renderSummary(summary: NetworkSummary): string {
  const { name, rows, parameters, trainable, sequential } = summary;
  const head = ['Layer (type)', 'Output Shape', 'Param #', ...(sequential ? [] : ['Connected to'])];
  const table = new Table({
    head,
    colAligns: ['left', 'left', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(renderRow(row, sequential));
  return [
    `Model: "${printable(name)}"`,
    table.toString(),
    ` Total params: ${renderCount(parameters)}`,
    ` Trainable params: ${renderCount(trainable)}`,
    ` Non-trainable params: ${renderCount(parameters - trainable)}`,
    ...explainStars(rows),
  ].join('\n');
}

function explainStars(rows: readonly LayerRow[]): string[] {
  const last = rows.findLast(({ startsBlock }) => startsBlock);
  if (last === undefined) return [];
  return [
    ' * A block begins, and train can unfreeze it and all that follows:',
    `   --unfreeze ${printable(last.name)}`,
  ];
}

function renderRow(
  { name, className, outputShape, parameters, connectedTo, startsBlock }: LayerRow,
  sequential: boolean,
): string[] {
  const cells = [
    `${printable(name)} (${className})${startsBlock ? ' *' : ''}`,
    outputShape,
    parameters.toLocaleString('en-US'),
  ];
  return sequential ? cells : [...cells, connectedTo.map(printable).join('\n') || '-'];
}

/** `14,714,688 (56.13 MB)`: parameters, and their size in single precision. */
function renderCount(parameters: number): string {
  return `${parameters.toLocaleString('en-US')} (${renderBytes(parameters * 4)})`;
}

function renderBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(2)} ${units[power]}`;
}
