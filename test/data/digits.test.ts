// The data set that comes with the project.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import test from 'node:test';
import { globSync } from 'glob';
import { decodeImage } from '../../src/data/decode.js';
import { scanDataSet } from '../../src/data/scan.js';

test('datasets/digits holds ten classes of 60 different digits and no label conflict', async () => {
  const { classNames, examples, bad, warnings } = await scanDataSet('datasets/digits');
  assert.deepEqual(classNames, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  for (const label of classNames.keys()) {
    assert.equal(examples.filter(example => example.label === label).length, 60);
  }
  assert.deepEqual([bad, warnings], [[], []]);
});

test('datasets/digits-unseen holds one more of each that is not in datasets/digits', async () => {
  const { examples } = await scanDataSet('datasets/digits');
  const seen = new Set(examples.map(({ file }) => readFileSync(file).toString('base64')));
  const unseen = globSync('datasets/digits-unseen/*.png').sort();
  assert.equal(unseen.length, 10);
  for (const path of unseen) assert.ok(!seen.has(readFileSync(path).toString('base64')), path);
});

test('together they are under 500 kB and tell where they come from', () => {
  const files = globSync('datasets/digits*/**', { nodir: true });
  assert.ok(files.reduce((sum, file) => sum + statSync(file).size, 0) < 500_000);
  assert.match(readFileSync('datasets/digits/README.md', 'utf8'), /MNIST[\s\S]*Attribution-ShareAlike 3\.0/);
});

test('a digit is white on black and decodes to three equal channels', async () => {
  const rule = { method: 'stretch', interpolation: 'linear', cropFraction: 1 } as const;
  const { data } = await decodeImage('datasets/digits-unseen/3.png', {
    size: [28, 28],
    channels: 3,
    resize: rule,
  });
  assert.ok(data.includes(0) && data.some(value => value > 240));
  assert.ok(data.every((value, i) => value === data[i - (i % 3)]));
});
