// What inspect shows: it fits a terminal, whatever the names.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { InspectedImage, Inspection } from '../../src/features/inspection.js';
import { renderInspection } from '../../src/report/inspect.js';
import { listShownImages, renderInspectionPage } from '../../src/report/inspect-page.js';

const long = 'a-name-that-goes-on-and-on/'.repeat(6);
const image = (i: number): InspectedImage => ({ path: `${long}${i}.jpg`, label: long, subset: 'train' });
const numbers = [...Array(30).keys()];
const nothing: Inspection = {
  ...{ data: 'pets', images: 40, bad: [], warnings: [], copies: [], suspiciousLabels: [], unusual: [] },
  classes: [
    {
      name: 'cat\u001b[2J',
      images: 40,
      bytes: 2e6,
      medianSize: [240, 320],
      subsets: { train: 32, val: 8, test: 0 },
    },
  ],
  backbone: 'vgg16',
};
const everything: Inspection = {
  ...nothing,
  bad: numbers.map(i => ({ path: image(i).path, reason: 'damaged: '.repeat(12) })),
  warnings: ['Fewer than 20 images. '.repeat(9)],
  copies: numbers.map(i => ({
    kind: i % 2 ? 'exact' : 'near',
    across: i % 3 ? 'classes' : 'subsets',
    images: numbers.map(image),
  })),
  suspiciousLabels: numbers.map(i => ({ ...image(i), proposed: long, confidence: 0.9987 })),
  unusual: numbers.map(i => ({ ...image(i), kind: 'outlier', detail: 'unlike '.repeat(20) })),
};

test('every line has at most 80 columns, and no name moves the cursor', () => {
  const text = renderInspection(everything);
  assert.deepEqual(
    text.split('\n').filter(line => line.length > 80),
    [],
  );
  assert.ok(!text.includes('\u001b'));
  assert.ok(text.split('\n').length < 300);
});

test('where nothing is wrong that is said', () => {
  assert.match(renderInspection(nothing), /Nothing to complain of\.$/);
});

test('a probability is never rounded up to certainty', () => {
  assert.match(renderInspection(everything), /looks like\s+\S+ \(99 %\)/);
});

test('the page shows a bounded number of images, and escapes every name', () => {
  const many: Inspection = {
    ...nothing,
    data: '<script>alert(1)</script>',
    unusual: [...Array(5000).keys()].map(i => ({
      ...{
        path: `"><img src=x onerror=alert(${i})>`,
        label: '&',
        subset: 'train',
        kind: 'dark',
        detail: "'",
      },
    })),
    suspiciousLabels: [...Array(5000).keys()].map(i => ({
      ...{ path: `${i}`, label: '<b>', subset: 'train', proposed: '<i>', confidence: 1 },
    })),
  };
  const html = renderInspectionPage(many, new Map([['1', 'data:image/jpeg;base64,AA==']]));
  assert.ok(listShownImages(many).length <= 96);
  assert.doesNotMatch(html, /<script|<img src=x|<i>|<b><b>/);
  assert.equal(html.match(/<img /g)?.length, 1);
});
