// Rows of features: in memory as one matrix, or in the store where they do not fit.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { planRows, type RowPlan } from '../../src/features/feature-rows.js';
import { FeatureStore, rowKey } from '../../src/features/store.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-rows-'));
after(() => rmSync(folder, { recursive: true }));

const key = (name: string) => rowKey(name, 'original');

/** Rows of two numbers. */
function plan(
  names: readonly string[],
  { budget, dir = 'store' }: { budget?: number | undefined; dir?: string } = {},
) {
  const events: PipelineEvent[] = [];
  const emit = (event: PipelineEvent) => {
    events.push(event);
  };
  const store = new FeatureStore({ dir: join(folder, dir), base: 'base', emit });
  const rowPlan: RowPlan = { keys: names.map(key), size: 2, store, memoryBudget: budget, emit };
  return { rows: planRows(rowPlan), store, events };
}

for (const [where, budget] of [
  ['in memory', undefined],
  ['in the store', 0],
] as const) {
  const dir = where;

  test(`${where}, rows come in the order of their keys, whatever order they were filled in`, () => {
    const { rows, events } = plan(['daisy', 'rose', 'tulip'], { budget, dir });
    rows.set(key('tulip'), Float32Array.of(5, 6));
    rows.set(key('daisy'), Float32Array.of(1, 2));
    rows.set(key('rose'), Float32Array.of(3, 4));
    const { filled, source } = rows.finish();
    assert.deepEqual(filled, [true, true, true]);
    assert.deepEqual(source.read([0, 1, 2]), Float32Array.of(1, 2, 3, 4, 5, 6));
    assert.deepEqual(source.read([2, 0]), Float32Array.of(5, 6, 1, 2));
    source.close();
    assert.deepEqual(events, []);
  });

  test(`${where}, rows are put into another order`, () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { rows } = plan(names, { budget, dir: `${dir}-reordered` });
    for (const [i, name] of names.entries()) rows.set(key(name), Float32Array.of(i, -i));
    const { source } = rows.finish();
    source.reorder([2, 0, 1, 4, 3]);
    source.reorder([0, 1, 2, 4, 3]);
    assert.deepEqual(source.read([0, 1, 2, 3, 4]), Float32Array.of(2, -2, 0, -0, 1, -1, 3, -3, 4, -4));
    source.close();
  });

  test(`${where}, what was stored is taken, and what was not leaves no gap`, () => {
    const { rows } = plan(['lily', 'daisy', 'orchid', 'daisy', 'rose'], { budget, dir });
    assert.deepEqual([rows.take(key('daisy')), rows.take(key('lily'))], [true, false]);
    rows.set(key('rose'), { data: Uint8Array.of(3, 5), scale: 0.5, zeroPoint: 1 });
    const { filled, source } = rows.finish();
    assert.deepEqual(filled, [false, true, false, true, true]);
    assert.deepEqual(source.read([0, 1, 2]), Float32Array.of(1, 2, 1, 2, 1, 2));
    source.close();
  });
}

test('in memory, the rows of neighbours are one piece, without a copy', () => {
  const { rows } = plan(['a', 'b', 'c'], { dir: 'pieces' });
  for (const [i, name] of ['a', 'b', 'c'].entries()) rows.set(key(name), Float32Array.of(i, i));
  const { source } = rows.finish();
  assert.deepEqual(source.slice(1, 3), Float32Array.of(1, 1, 2, 2));
  assert.equal(source.slice(0, 1)?.buffer, source.slice(1, 3)?.buffer);
});

test('in the store, no piece is in memory', () => {
  const { rows } = plan(['a'], { budget: 0, dir: 'none' });
  rows.set(key('a'), Float32Array.of(1, 2));
  const { source } = rows.finish();
  assert.equal(source.slice(0, 1), undefined);
  source.close();
});

test('what fits neither within the budget nor in the store is in memory all the same, with a word', () => {
  const { store } = plan([]);
  store.close();
  const events: PipelineEvent[] = [];
  const emit = (event: PipelineEvent) => {
    events.push(event);
  };
  const rows = planRows({ keys: [key('a')], size: 2, store, memoryBudget: 0, emit });
  rows.set(key('a'), Float32Array.of(1, 2));
  assert.deepEqual(rows.finish().source.slice(0, 1), Float32Array.of(1, 2));
  assert.match(JSON.stringify(events), /the feature store has no room for them.*--store DIR/);
});

test('features that fit nowhere are refused, with what to do', () => {
  const { store } = plan([]);
  store.close();
  const keys = Array.from({ length: 1000 }, (_, i) => key(String(i)));
  assert.throws(() => planRows({ keys, size: 1e9, store, memoryBudget: 0, emit: () => undefined }), {
    code: 'bad-option',
    message: /1000 images take 4000.0 GB: more than the memory.*--store DIR/,
  });
});

test('a store whose disk fills up while features that need it are computed ends the training with a reason', () => {
  const { rows, store } = plan(['a', 'b'], { budget: 0, dir: 'lost' });
  rows.set(key('a'), Float32Array.of(1, 2));
  store.close();
  assert.throws(() => rows.set(key('b'), Float32Array.of(1, 2)), {
    code: 'bad-data-set',
    message: /--store DIR/,
  });
});
