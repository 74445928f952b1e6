// What is told of a data set before a training, and of its images once they were read.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { DataSet } from '../../../src/data/data-set.js';
import type { ValueRange } from '../../../src/data/value-range.js';
import type { PipelineEvent } from '../../../src/events.js';
import { FeatureSet } from '../../../src/features/feature-set.js';
import { tellOfDataSet, tellOfImages } from '../../../src/pipeline/train/tell-of-data-set.js';

const examples = Array.from({ length: 50 }, (_, i) => ({
  ...{ path: `${i}.jpg`, file: `${i}.jpg`, label: i % 2, hash: `${i}` },
}));
const image = { path: 'cat/1.jpg', reason: 'an empty file' };
const plain: DataSet = {
  ...{ root: 'pets', classNames: ['cat', 'dog'], examples, bad: [], warnings: [], fingerprint: '' },
};
const scan = { type: 'scan', images: 50, classes: 2, bad: 0 } as const;

function told(tell: (emit: (event: PipelineEvent) => void) => void): PipelineEvent[] {
  const events: PipelineEvent[] = [];
  tell(event => void events.push(event));
  return events;
}

test('of a data set that is in order there are counts alone', () => {
  assert.deepEqual(
    told(emit => tellOfDataSet({ ...plain, excluded: 0 }, [], emit)),
    [scan],
  );
});

test('its warnings come first, then those of the split, bad images, what was left out, and last the counts', () => {
  const dataSet = { ...plain, warnings: ['of the scan'], bad: [image], excluded: 3 };
  assert.deepEqual(
    told(emit => tellOfDataSet(dataSet, ['of the split'], emit)),
    [
      { type: 'warning', message: 'of the scan' },
      { type: 'warning', message: 'of the split' },
      { type: 'bad-image', image },
      { type: 'notice', message: 'Left out by --exclude: 3 files.' },
      { ...scan, bad: 1 },
    ],
  );
});

test('classes of few images are warned of', () => {
  const few = { ...plain, examples: examples.filter(({ label }, i) => label === 1 || i < 10) };
  const [warning] = told(emit => tellOfDataSet(few, [], emit));
  assert.match(JSON.stringify(warning), /"warning".*Fewer than 20 images: cat \(5\)/);
});

function featuresWith(
  narrowRanges: ReadonlyMap<string, ValueRange>,
  bad: readonly (typeof image)[],
): FeatureSet {
  const source = { read: () => new Float32Array(), slice: () => undefined, reorder() {}, close() {} };
  return new FeatureSet({ images: [], source, shape: [1], bad, narrowRanges, computed: 0, profile: {} });
}

test('images that could not be read are told of, and those that use a part of their range', () => {
  assert.deepEqual(
    told(emit => tellOfImages(featuresWith(new Map(), []), emit)),
    [],
  );
  const [bad, narrow] = told(emit =>
    tellOfImages(featuresWith(new Map([['x.png', [0, 4095]]]), [image]), emit),
  );
  assert.deepEqual(bad, { type: 'bad-image', image });
  assert.match(JSON.stringify(narrow), /"warning".*16-bit images .*: 1, e\.g\. x\.png, .* read as 12 bits/);
});
