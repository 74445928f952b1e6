import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from '../../src/pipeline/summary.js';
import { renderSummary } from '../../src/report/summary.js';

// keras.applications.VGG16(include_top=False).summary(), its numbers.
test("the summary of VGG16 is Keras' table, whether it is prepared or not", async () => {
  const text = renderSummary(await summary({ network: 'vgg16' }));
  assert.match(text, /^Model: "vgg16"/);
  assert.match(text, /Layer \(type\).*Output Shape.*Param #/);
  assert.doesNotMatch(text, /Connected to/);
  assert.match(text, /block1_conv1 \(Conv2D\).*\(None, 224, 224, 64\).*1,792/);
  assert.match(text, / Total params: 14,714,688 \(56\.13 MB\)/);
  assert.match(text, / Trainable params: 14,714,688 \(56\.13 MB\)/);
  assert.match(text, / Non-trainable params: 0 \(0\.00 B\)/);
});

test('-top shows the top too, and branches show what they are connected to', async () => {
  const lines = renderSummary(await summary({ network: 'efficientnet_b0-top' })).split('\n');
  const text = lines.join('\n');
  assert.match(text, /block2b_add \(Add\).*block2b_drop\[0\]\[0\].*\n.*block2a_project_bn\[0\]\[0\]/);
  assert.match(text, /block2b_expand_conv \(Conv2D\) \*/);
  assert.match(text, /--unfreeze top_conv$/);
  assert.match(text, / Total params: 5,330,571 \(20\.33 MB\)/);
  assert.match(text, / Non-trainable params: 42,023 /);
});

test('a prepared backbone is summed up from its folder', async () => {
  const { parameters, trainable, rows } = await summary({ network: 'efficientnet-lite0' });
  assert.deepEqual([parameters, trainable], [4_694_024, 4_652_008]);
  assert.equal(rows.at(-1)?.name, 'predictions');
});

test("the summary of convnet is that of Keras' example for MNIST", async () => {
  const given = { network: 'convnet', inputShape: '28x28', channels: 1, classes: 10 } as const;
  const { parameters, rows } = await summary(given);
  assert.equal(parameters, 34_826);
  assert.deepEqual(
    rows.map(row => row.parameters).filter(count => count > 0),
    [320, 18_496, 16_010],
  );
});

test('a network that has its own input is not shown at another', async () => {
  await assert.rejects(summary({ network: 'vgg16', channels: 1 }), { message: /--channels is for convnet/ });
});

test('an unknown name is not prepared', async () => {
  await assert.rejects(summary({ network: 'alexnet' }), { code: 'not-prepared' });
});
