// What finetune backbones shows.
import assert from 'node:assert/strict';
import test from 'node:test';
import { type ListedBackbone, renderBackbones, renderComparison } from '../../src/report/backbones.js';

const measured: ListedBackbone = {
  ...{ name: 'small', dir: 'pretrained/small' },
  ...{ accuracy: 0.9126, loss: 0.30449, imagesPerSecond: 41.26, megabytes: 13.4 },
};
const failed: ListedBackbone = {
  name: 'mine\u001b[2J',
  dir: 'mine',
  failure: 'It takes grey images. '.repeat(9),
};

test('a backbone has a row with its figures; one that failed has its reason below, and cannot steer the terminal', () => {
  const lines = renderComparison([measured, failed]).split('\n');
  assert.deepEqual(
    lines.slice(0, 3).map(line => line.split(/\s{2,}/)),
    [
      ['backbone', 'accuracy', 'log-loss', 'images/s', 'MB'],
      ['small', '91.3 %', '0.304', '41.3', '13'],
      ['mine?[2J', 'failed'],
    ],
  );
  assert.match(lines[3] ?? '', /^! mine\?\[2J: It takes grey images\./);
  assert.ok(lines.every(line => line.length <= 80));
});

test('without images the names of those prepared are told, and what else there is', () => {
  const { name, dir } = measured;
  assert.equal(
    renderBackbones([{ name, dir }], ['resnet50', 'vgg16'], false),
    'Prepared: small.\n\nTo prepare by name: resnet50, vgg16.',
  );
  assert.match(renderBackbones([], ['vgg16'], false), /^Prepared: none\.\n/);
});
