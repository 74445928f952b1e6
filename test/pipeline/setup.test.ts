// setup as a program calls it. What it installs is tested beside the engines; nothing is downloaded here.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findTensorflow } from '../../src/engines/tensorflow/place.js';
import { setup } from '../../src/pipeline/setup.js';

const mistakes = [
  [{ cuda: true, cpu: true }, /exclude each other/],
  [{ from: 'wheels' }, /--from wheels belongs to --cuda/],
  [{ unchecked: true }, /--unchecked belongs to --cuda/],
  [{ remove: true, cpu: true }, /--remove takes --cuda and --tensorflow beside it/],
  [{ remove: true, cuda: true, from: 'wheels' }, /nothing that says how to install/],
] as const;
for (const [options, message] of mistakes) {
  test(`${JSON.stringify(options)} is refused`, async () => {
    await assert.rejects(setup(options), { code: 'bad-option', message });
  });
}

test('an unknown option is refused with the nearest one', async () => {
  await assert.rejects(setup({ gpu: true } as never), {
    message: /Unknown option "gpu"\. Did you mean cpu\?/,
  });
});

test('stopped before it begins, it changes nothing', async () => {
  await assert.rejects(setup({ cpu: true }, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

const here = findTensorflow() === undefined && 'no TensorFlow is set up here';

test('an engine that works already is left as it is, and each step is told', { skip: here }, async () => {
  const steps: string[] = [];
  const { tensorflow } = await setup(
    { cpu: true },
    { onEvent: event => event.type === 'setup' && steps.push(event.step) },
  );
  assert.deepEqual([tensorflow?.way, tensorflow?.device, tensorflow?.failed], ['installed', 'cpu', []]);
  assert.match(steps.join(), /checking/);
});
