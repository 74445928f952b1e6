// Topologies of the user's own for a training from scratch.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { planConvnet } from '../../../src/backbones/architectures/convnet.js';
import { NetworkBuilder } from '../../../src/network/builder.js';
import { summarize } from '../../../src/network/summarize.js';
import { readOwnTopology } from '../../../src/pipeline/train/own-topology.js';
import { copyDigits, finetune, makeFolder } from '../../helpers/library.js';

const dir = makeFolder('own-topology');
const file = (name: string, topology: object): string => {
  writeFileSync(join(dir, name), JSON.stringify(topology));
  return join(dir, name);
};
const request = { classes: 10, size: undefined, usualSize: [28, 28] } as const;

/** As `model.to_json()` of Keras 2 writes it. */
const whole = file('whole.json', planConvnet({ inputShape: [28, 28, 1], classes: 10 }));
const build = new NetworkBuilder();
const feature = build.conv(build.input('image', [null, null, 3]), { name: 'conv', filters: 4, size: 3 });
const open = file('open.json', build.topology('open', build.batchNorm(feature, { name: 'bn' })));

before(() => {
  process.chdir(dir);
  copyDigits(join(dir, 'digits'), ['0', '1'], 20);
});

test('A topology that ends in the classes is taken as it is', async () => {
  const { network, inputShape, notes } = await readOwnTopology(whole, request);
  assert.deepEqual([inputShape, notes], [[28, 28, 1], []]);
  assert.equal(summarize(network.topology).parameters, 34_826);
  assert.equal(network.weights.size, 0);
});

test('One without an end gets one, at the size of the images where it leaves that open, and a word on its normalization', async () => {
  const { network, inputShape, notes } = await readOwnTopology(open, request);
  assert.deepEqual(inputShape, [28, 28, 3]);
  const { rows } = summarize(network.topology);
  assert.deepEqual(
    rows.slice(-2).map(({ className, outputShape }) => [className, outputShape]),
    [
      ['GlobalAveragePooling2D', '(None, 4)'],
      ['Dense', '(None, 10)'],
    ],
  );
  assert.match(notes.join(), /1 batch normalization layers .* stay as they begin/);
});

test('One that ends in other classes is refused', async () => {
  await assert.rejects(readOwnTopology(whole, { ...request, classes: 3 }), {
    code: 'bad-model',
    message: /tells 10 classes apart, and the data has 3/,
  });
});

test('A model file of its own is trained from scratch: its weights do not count, the run repeats', async () => {
  const given = { data: 'digits', recipe: 'scratch', epochs: 2, batchSize: 8, val: 0.3 } as const;
  const first = await finetune.train({ ...given, backbone: open, out: 'first' });
  assert.match(first.head.description, /open of \d+ parameters, from scratch for 2 epochs/);
  const again = await finetune.train({ ...given, backbone: join(dir, 'first/model'), out: 'again' });
  assert.equal(again.val!.loss, first.val!.loss);
});
