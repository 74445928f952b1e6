// How heads on each prepared backbone do: on real ones, a small grey one and the embedded backbone.
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { scanDataSet } from '../../src/data/scan.js';
import { startEngine } from '../../src/engines/start.js';
import {
  type BackboneComparison,
  bestBackbone,
  compareBackbones,
} from '../../src/pipeline/compare-backbones.js';
import { silent } from '../../src/system/context.js';
import { budgetByHand } from '../helpers/clock.js';
import { copyDigits, makeFolder } from '../helpers/library.js';
import { saveSmallBackbone } from '../helpers/small-backbone.js';

const dir = makeFolder('compare-backbones');
let comparison: BackboneComparison;

before(async () => {
  process.chdir(dir);
  await saveSmallBackbone('pretrained/grey', 'grey');
  cpSync('pretrained/grey', 'pretrained/halved', { recursive: true });
  rmSync('pretrained/halved/model.json');
  const { examples, classNames } = await scanDataSet(copyDigits(join(dir, 'digits'), ['0', '7'], 12));
  comparison = { train: examples, classNames, store: join(dir, 'store'), seed: 1 };
  await startEngine('wasm');
});

test('each has the accuracy of heads that were cross-validated, its speed and its size; one that fails has the reason', async () => {
  const [grey, halved, embedded, ...others] = await compareBackbones(comparison, silent);
  assert.deepEqual([grey?.name, halved?.name, embedded?.name], ['grey', 'halved', 'efficientnet-lite0']);
  assert.deepEqual(others, []);
  for (const each of [grey, embedded])
    assert.ok((each?.loss ?? 0) > 0 && (each?.imagesPerSecond ?? 0) > 0 && (each?.megabytes ?? 0) > 0);
  assert.ok((embedded?.accuracy ?? 0) > 0.6);
  assert.ok((embedded?.megabytes ?? 0) > 10);
  assert.match(halved?.failure ?? '', /model\.json/);
  assert.equal(halved?.loss, undefined);
});

test('where time is short those that come later are left out, and noted', async () => {
  // A second for each look at the clock: a quarter of it is spent when the first one has been measured.
  const { budget } = budgetByHand(10, { tick: 1 });
  const compared = await compareBackbones(comparison, { ...silent, budget });
  assert.deepEqual(
    compared.map(({ name }) => name),
    ['grey'],
  );
  assert.deepEqual(budget.report().leftOut, ['comparing halved', 'comparing efficientnet-lite0']);
});

test('an abort stops it, instead of being a failure of each', async () => {
  const stopped = { ...silent, signal: AbortSignal.abort() };
  await assert.rejects(compareBackbones(comparison, stopped), { name: 'AbortError' });
});

const listed = (name: string, loss?: number, failure?: string) => ({ name, dir: name, loss, failure });
const choices: [what: string, compared: ReturnType<typeof listed>[], best: string | undefined][] = [
  ['the one of least log-loss', [listed('a', 0.5), listed('b', 0.2), listed('c', 0.4)], 'b'],
  ['not one without figures', [listed('a'), listed('b', 2)], 'b'],
  ['not one that failed', [listed('a', undefined, 'It takes grey images.'), listed('b')], 'b'],
  ['none where all failed', [listed('a', 0.1, 'It cannot be read.')], undefined],
];

for (const [what, compared, best] of choices) {
  test(`the best is ${what}`, () => {
    assert.equal(bestBackbone(compared)?.name, best);
  });
}
