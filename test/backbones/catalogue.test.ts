import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { catalogue, findInCatalogue } from '../../src/backbones/catalogue.js';
import { imagenetClasses } from '../../src/backbones/imagenet-classes.js';
import type { FunctionalConfig } from '../../src/network/network.js';
import { summarize } from '../../src/network/summarize.js';

interface KerasTable {
  readonly parameters: number;
  readonly trainable: number;
  /** Class, name, output shape, parameters, padding. */
  readonly layers: readonly string[];
}

// Written by scripts/golden/architectures.py from Keras itself.
const keras: Record<string, Record<'top' | 'noTop' | 'open', KerasTable>> = JSON.parse(
  readFileSync(new URL('../fixtures/architectures.json', import.meta.url), 'utf8'),
);

/** Keras adds this layer only when it loads the ImageNet weights, which the golden run does not. */
const onlyWithWeights = 'rescaling_1';

function tableOf(topology: FunctionalConfig): string[] {
  const { rows } = summarize(topology);
  return rows
    .map(({ className, name, outputShape, parameters }, i) => {
      const shape = outputShape.slice('(None, '.length, -1).replaceAll(', ', 'x');
      const padding = topology.config.layers[i]!.config.padding;
      const tail = className === 'ZeroPadding2D' ? ` ${JSON.stringify(padding).replaceAll(',', ', ')}` : '';
      return `${className} ${name} ${shape} ${parameters}${tail}`;
    })
    .filter(row => !row.includes(onlyWithWeights));
}

for (const [name, tables] of Object.entries(keras)) {
  describe(`${name} is Keras' network, layer for layer`, () => {
    const { plan } = findInCatalogue(name)!;

    test('with top at 224x224', () => {
      assert.deepEqual(tableOf(plan({ inputSize: [224, 224], includeTop: true })), tables.top.layers);
    });

    test('with an open input', () => {
      const table = tableOf(plan({ inputSize: [null, null], includeTop: false }));
      assert.deepEqual([...table.slice(0, 4), ...table.slice(-4)], tables.open.layers);
    });

    test('with the padding of odd sizes', () => {
      const table = tableOf(plan({ inputSize: [193, 257], includeTop: false }));
      assert.deepEqual(
        table.filter(row => row.startsWith('ZeroPadding2D')),
        tables.noTop.layers,
      );
    });

    test('in its numbers of parameters', () => {
      const top = summarize(plan({ inputSize: [224, 224], includeTop: true }));
      const noTop = summarize(plan({ inputSize: [null, null], includeTop: false }));
      assert.deepEqual([top.parameters, top.trainable], [tables.top.parameters, tables.top.trainable]);
      assert.deepEqual(
        [noTop.parameters, noTop.trainable],
        [tables.noTop.parameters, tables.noTop.trainable],
      );
    });
  });
}

test('a name is found with - and _ alike', () => {
  assert.equal(findInCatalogue('MobileNet-V2')?.name, 'mobilenet_v2');
  assert.equal(findInCatalogue('alexnet'), undefined);
});

test('every address is https, and mirrors offer the same file', () => {
  for (const { weights } of catalogue) {
    for (const { urls, md5 = '0'.repeat(32) } of [weights.top, weights.noTop]) {
      assert.ok(urls.every(url => url.startsWith('https://')));
      assert.equal(new Set(urls.map(url => url.split('/').at(-1))).size, 1);
      assert.match(md5, /^[0-9a-f]{32}$/);
    }
  }
});

test('ImageNet has its 1000 classes in their order', () => {
  assert.equal(imagenetClasses.length, 1000);
  assert.deepEqual(imagenetClasses[0], ['n01440764', 'tench']);
  assert.deepEqual(imagenetClasses[236], ['n02107142', 'Doberman']);
  assert.deepEqual(imagenetClasses[999], ['n15075141', 'toilet_tissue']);
  assert.equal(new Set(imagenetClasses.map(([wnid]) => wnid)).size, 1000);
});
