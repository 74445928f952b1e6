// The features of a data set by subset.
import assert from 'node:assert/strict';
import test from 'node:test';
import { mirroredView, originalView } from '../../src/data/image-rules.js';
import type { RowSource } from '../../src/features/feature-rows.js';
import { FeatureSet, type SubsetImage } from '../../src/features/feature-set.js';

const image = (subset: SubsetImage['subset'], label: number, view = originalView): SubsetImage => {
  const path = `${subset}-${label}.jpg`;
  return { subset, view, example: { path, file: path, label, hash: path } };
};

const rose = image('train', 1);
const images = [rose, image('train', 0), { ...rose, view: mirroredView }, image('val', 1)];

/** Row `i` is `[i]`. */
const matrix = Float32Array.of(0, 1, 2, 3);
const inMemory: RowSource = {
  read: rows => Float32Array.from(rows),
  slice: (start, end) => matrix.subarray(start, end),
  reorder: () => undefined,
  close: () => undefined,
};

const setOf = (source: RowSource) =>
  new FeatureSet({
    images,
    source,
    shape: [1],
    bad: [],
    narrowRanges: new Map(),
    computed: 3,
    profile: { base: 1 },
  });

test('a subset has its rows, their labels, and what they are of', () => {
  const features = setOf(inMemory);
  const train = features.subset('train');
  assert.deepEqual([...train.labels], [1, 0, 1]);
  assert.deepEqual(train.images, images.slice(0, 3));
  assert.deepEqual([train.shape, features.shape], [[1], [1]]);
  assert.deepEqual(train.matrix(), Float32Array.of(0, 1, 2));
  const val = features.subset('val');
  assert.deepEqual(
    [[...val.labels], val.matrix(), val.read([0])],
    [[1], Float32Array.of(3), Float32Array.of(3)],
  );
});

test('rows of the same image belong together, where there are several', () => {
  assert.deepEqual(setOf(inMemory).subset('train').views, [[0, 2], [1]]);
  assert.equal(setOf(inMemory).subset('val').views, undefined);
});

test('of features in groups the last ones may be left out', async () => {
  const pairs = Float32Array.of(0, 10, 1, 11, 2, 12, 3, 13);
  const source: RowSource = {
    read: rows => Float32Array.from(rows.flatMap(row => [...pairs.subarray(2 * row, 2 * row + 2)])),
    slice: (start, end) => pairs.subarray(2 * start, 2 * end),
    reorder: () => undefined,
    close: () => undefined,
  };
  const whole = new FeatureSet({
    images,
    source,
    shape: [2],
    bad: [],
    narrowRanges: new Map(),
    computed: 3,
    profile: {},
  });
  const groups = [{ size: 1, weight: 1 }];
  const { shape, groups: used, matrix, read } = whole.using(groups).subset('train');
  assert.deepEqual(
    [shape, used, matrix(), await read([2])],
    [[1], groups, Float32Array.of(0, 1, 2), Float32Array.of(2)],
  );
  assert.deepEqual(
    whole
      .using([...groups, { size: 1, weight: 2 }])
      .subset('val')
      .matrix(),
    Float32Array.of(3, 13),
  );
});

test('a subset may have no images', () => {
  const none = setOf(inMemory).subset('test');
  assert.deepEqual([none.images, none.labels, none.matrix()], [[], new Int32Array(), new Float32Array()]);
});

test('an image that is seen in two ways counts once', () => {
  assert.equal(setOf(inMemory).count, 3);
});

test('what is not in memory has no matrix, and is closed with the set', () => {
  let isOpen = true;
  const close = () => {
    isOpen = false;
  };
  const features = setOf({ ...inMemory, slice: () => undefined, close });
  assert.equal(features.subset('train').matrix(), undefined);
  assert.deepEqual(features.subset('val').read([0]), Float32Array.of(3));
  features.close();
  assert.equal(isOpen, false);
});

test('under another split, rows lie by its subsets, and bad images have none', () => {
  const rows = [0, 1, 2, 3];
  let order: readonly number[] = rows;
  const source: RowSource = {
    read: wanted => Float32Array.from(wanted, row => order[row] ?? -1),
    slice: (start, end) => Float32Array.from(order.slice(start, end)),
    reorder(wanted) {
      order = wanted.map(row => order[row] ?? -1);
    },
    close: () => undefined,
  };
  const [first, second, third] = [image('train', 0), image('train', 1), image('val', 0)];
  const known = { shape: [1], bad: [], narrowRanges: new Map(), computed: 3, profile: {} };
  const before = new FeatureSet({ images: [first, second, third], source, ...known });
  const grouped = { ...first.example, group: 'g' };
  const bad = image('val', 1).example;
  const after = before.divide({ train: [third.example, second.example], val: [bad, grouped], test: [] });
  assert.deepEqual(after.subset('train').matrix(), Float32Array.of(2, 1));
  assert.deepEqual(after.subset('val').read([0]), Float32Array.of(0));
  assert.deepEqual(after.subset('val').splitKeys, ['g']);
});

test('assigned to other subsets, images take their rows along, into what an epoch draws, too', async () => {
  const drawn: unknown[] = [];
  const drawEpoch: RowSource['drawEpoch'] = async function* ({ batches }) {
    drawn.push(...batches);
    yield Float32Array.of();
  };
  const features = setOf({ ...inMemory, drawEpoch });
  const other = features.assign(({ subset, view, example: { label } }) => {
    if (subset === 'val') return undefined;
    return view === originalView && label === 1 ? 'test' : 'train';
  });
  const train = other.subset('train');
  assert.deepEqual(
    [train.matrix(), train.read([1]), [...train.labels]],
    [Float32Array.of(1, 2), Float32Array.of(2), [0, 1]],
  );
  assert.deepEqual([other.subset('test').matrix(), other.subset('val').images], [Float32Array.of(0), []]);
  const { signal } = new AbortController();
  for await (const _ of train.drawEpoch?.({ epoch: 1, batches: [[1], [0]], signal }) ?? []);
  assert.deepEqual(drawn, [[2], [1]]);
  assert.equal(
    setOf({ ...inMemory, slice: () => undefined })
      .assign(() => 'train')
      .subset('train')
      .matrix(),
    undefined,
  );
});
