// The page of `finetune inspect --html`: findings with thumbnails, in one file that needs nothing else.

import type { CopyGroup, Inspection } from '../features/inspection.js';
import { printable } from '../system/printable.js';
import { copyKinds, keysOf, unusualKinds } from './inspect.js';

/** How every such page begins, by which it is known again. */
export const pageHeading = '<!doctype html><!-- finetune inspect -->';

/** Findings of one kind that are shown, and images of one group of copies. */
const [mostItems, mostInGroup] = [48, 6] as const;

/** The paths of the images that the page shows, each once; their number is bounded, whatever was found. */
export function listShownImages(found: Inspection): string[] {
  const shown = sectionsOf(found).flatMap(({ items }) => items.flatMap(({ images }) => images));
  return [...new Set(shown.map(({ path }) => path))];
}

/**
 * Renders the page.
 * @param thumbnails `data:` URLs by path, as far as there are any
 */
export function renderInspectionPage(found: Inspection, thumbnails: ReadonlyMap<string, string>): string {
  const sections = sectionsOf(found).filter(({ count }) => count > 0);
  return `${pageHeading}
<html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(found.data)}: inspected</title>
<style>${style}</style>
<h1>${escapeHtml(found.data)}</h1>
<p>${found.images} images in ${found.classes.length} classes, compared by ${escapeHtml(found.backbone)}.</p>
${renderClasses(found)}
${renderWarnings(found)}
${sections.map(section => renderSection(section, thumbnails)).join('\n')}
${sections.length === 0 ? '<p>Nothing to complain of.</p>' : ''}
</html>
`;
}

interface Section {
  readonly heading: string;
  /** How many there are in all; `items` are the first of them. */
  readonly count: number;
  readonly items: readonly Item[];
}

interface Item {
  readonly images: readonly ShownImage[];
}

interface ShownImage {
  readonly path: string;
  readonly caption: string;
}

function sectionsOf({ bad, copies, suspiciousLabels, unusual }: Inspection): Section[] {
  return [
    ...keysOf(copyKinds).map(kind =>
      section(copyKinds[kind], copies.filter(({ across }) => across === kind).map(itemOfCopies)),
    ),
    section(
      'Labels that the other photos contradict, most confident first',
      suspiciousLabels.map(({ path, label, proposed, confidence }) =>
        itemOf(path, `${label}: looks like ${proposed} (${Math.floor(100 * confidence)} %)`),
      ),
    ),
    ...keysOf(unusualKinds).map(kind =>
      section(
        unusualKinds[kind],
        unusual.filter(each => each.kind === kind).map(({ path, detail }) => itemOf(path, detail)),
      ),
    ),
    section(
      'Files that cannot be used',
      bad.map(({ path, reason }) => itemOf(path, reason)),
    ),
  ];
}

function section(heading: string, items: readonly Item[]): Section {
  return { heading, count: items.length, items: items.slice(0, mostItems) };
}

function itemOf(path: string, caption: string): Item {
  return { images: [{ path, caption }] };
}

function itemOfCopies({ images }: CopyGroup): Item {
  return {
    images: images
      .slice(0, mostInGroup)
      .map(({ path, label, subset }) => ({ path, caption: `${label}, ${subset}` })),
  };
}

function renderSection({ heading, count, items }: Section, thumbnails: ReadonlyMap<string, string>): string {
  const rest = count > items.length ? `<p>... and ${count - items.length} more.</p>` : '';
  const shown = items.map(({ images }) => {
    const figures = images.map(image => renderImage(image, thumbnails.get(image.path)));
    return images.length > 1 ? `<div class="group">${figures.join('')}</div>` : figures.join('');
  });
  return `<h2>${escapeHtml(heading)}: ${count}</h2>\n<div class="items">${shown.join('\n')}</div>${rest}`;
}

function renderImage({ path, caption }: ShownImage, thumbnail: string | undefined): string {
  const picture =
    thumbnail === undefined
      ? '<div class="none">no picture</div>'
      : `<img src="${escapeHtml(thumbnail)}" alt="">`;
  return `<figure>${picture}<figcaption><b>${escapeHtml(path)}</b><br>${escapeHtml(caption)}</figcaption></figure>`;
}

function renderClasses({ classes }: Inspection): string {
  const rows = classes.map(({ name, images, bytes, medianSize, subsets: { train, val, test } }) => {
    const cells = [name, images, (bytes / 1e6).toFixed(1), medianSize.join('x'), train, val, test];
    return `<tr>${cells.map(cell => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>`;
  });
  const head = ['class', 'images', 'MB', 'median size', 'train', 'val', 'test'];
  return `<table><tr>${head.map(name => `<th>${name}</th>`).join('')}</tr>\n${rows.join('\n')}</table>`;
}

function renderWarnings({ warnings }: Inspection): string {
  return warnings.length === 0
    ? ''
    : `<ul>${warnings.map(each => `<li>${escapeHtml(each)}</li>`).join('\n')}</ul>`;
}

const style = `
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222 }
table { border-collapse: collapse } td, th { padding: .1em .8em; text-align: right }
td:first-child, th:first-child { text-align: left }
.items, .group { display: flex; flex-wrap: wrap; gap: 8px } .group { border: 1px solid #bbb; padding: 4px }
figure { margin: 0; width: 130px; font-size: 12px; overflow-wrap: anywhere } img, .none { width: 112px; height: 112px }
.none { display: grid; place-items: center; background: #eee }`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names may be anything: here they are text, in elements and in attributes. */
function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, character => entities[character] ?? '');
}
