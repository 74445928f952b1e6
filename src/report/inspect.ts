// What `finetune inspect` shows in a terminal: sizes, then each kind of finding, the surest first.

import type { CopyGroup, InspectedImage, Inspection, UnusualImage } from '../features/inspection.js';
import { printable } from '../system/printable.js';
import { renderTable } from './table.js';
import { wrap } from './wrap.js';

/** Lines of one kind of finding; JSON, the list and the page have more. */
const mostLines = 12;

/** Longer names would push what is said of them off the terminal. */
const [longestPath, longestName] = [44, 26] as const;

/** What is unusual, in the order in which it is told, as headings. */
export const unusualKinds: Readonly<Record<UnusualImage['kind'], string>> = {
  'narrow-range': 'Images of 16 bits that use a small part of their range',
  flat: 'Nearly constant photos',
  dark: 'Dark photos',
  blurred: 'Blurred photos',
  tiny: 'Tiny images',
  outlier: 'Photos unlike all others',
};

/** Copies by what they are across, the worst first, as headings. */
export const copyKinds: Readonly<Record<CopyGroup['across'], string>> = {
  classes: 'Copies in several classes, which contradict each other',
  subsets: 'Copies in several subsets, which flatter the accuracy',
  nothing: 'Copies within a class',
};

/** @returns several lines, without a line break at the end */
export function renderInspection(found: Inspection): string {
  const { bad, suspiciousLabels, copies, unusual, warnings } = found;
  const sections = [
    renderSizes(found),
    renderLines(
      'Files that cannot be used',
      bad.map(({ path, reason }) => [path, reason]),
    ),
    ...keysOf(copyKinds).map(kind =>
      renderCopies(
        copyKinds[kind],
        copies.filter(({ across }) => across === kind),
      ),
    ),
    renderLines(
      'Labels that the other photos contradict, most confident first',
      suspiciousLabels.map(({ path, proposed, confidence }) => [
        path,
        `looks like ${shorten(proposed, longestName)} (${Math.floor(100 * confidence)} %)`,
      ]),
    ),
    ...keysOf(unusualKinds).map(kind =>
      renderLines(
        unusualKinds[kind],
        unusual.filter(each => each.kind === kind).map(({ path, detail }) => [path, detail]),
      ),
    ),
    warnings.map(message => wrap(`Warning: ${printable(message)}`)).join('\n'),
  ];
  const shown = sections.filter(section => section !== '');
  return (shown.length > 1 ? shown : [...shown, 'Nothing to complain of.']).join('\n\n');
}

/** The keys of a record of known shape. */
export function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}

function renderSizes({ images, classes, backbone }: Inspection): string {
  const bytes = classes.reduce((sum, each) => sum + each.bytes, 0);
  const rows = classes.map(({ name, images, bytes, medianSize, subsets: { train, val, test } }) => [
    shorten(name, longestName),
    ...[images, inMegabytes(bytes), medianSize.join('x'), train, val, test],
  ]);
  const head = ['class', 'images', 'MB', 'median size', 'train', 'val', 'test'];
  return [
    `${images} images in ${classes.length} classes, ${inMegabytes(bytes)} MB; compared by ${printable(backbone)}`,
    '',
    renderTable(head, rows, ['left', 'right', 'right', 'right', 'right', 'right', 'right']),
  ].join('\n');
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function renderLines(heading: string, rows: readonly (readonly [path: string, detail: string])[]): string {
  if (rows.length === 0) return '';
  const shown = rows
    .slice(0, mostLines)
    .map(([path, detail]) => indent(wrap(`${shorten(path, longestPath)}: ${printable(detail)}`, 76)));
  return [`${heading}: ${rows.length}`, ...shown, ...describeRest(rows.length)].join('\n');
}

function indent(lines: string): string {
  const [first = '', ...others] = lines.split('\n');
  return [`  ${first}`, ...others.map(line => `    ${line}`)].join('\n');
}

function renderCopies(heading: string, groups: readonly CopyGroup[]): string {
  if (groups.length === 0) return '';
  const shown = groups.slice(0, mostLines).map(renderGroup);
  const unit = groups.length === 1 ? 'group' : 'groups';
  return [`${heading}: ${groups.length} ${unit}`, ...shown, ...describeRest(groups.length)].join('\n');
}

/** Paths of a group that are shown. */
const mostInGroup = 4;

function renderGroup({ kind, images }: CopyGroup): string {
  const [first, ...others] = images.slice(0, mostInGroup).map(({ path }: InspectedImage) => path);
  const sign = kind === 'exact' ? '=' : '~';
  const rest = images.length > mostInGroup ? [`    and ${images.length - mostInGroup} more`] : [];
  return [
    `  ${shorten(first ?? '', 74)}`,
    ...others.map(path => `  ${sign} ${shorten(path, 74)}`),
    ...rest,
  ].join('\n');
}

function describeRest(count: number): string[] {
  return count > mostLines ? [`  ... and ${count - mostLines} more: --json and --html tell of them`] : [];
}

/** Its end tells files apart. */
function shorten(name: string, longest: number): string {
  const shown = printable(name);
  return shown.length <= longest ? shown : `…${shown.slice(1 - longest)}`;
}
