// A head solved once more, on what the layers below it give after they were trained.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { startEngine } from '../../src/engines/start.js';
import type { Network } from '../../src/network/network.js';
import { join } from '../../src/network/split.js';
import { silent } from '../../src/system/context.js';
import { dataInMemory } from '../../src/training/data.js';
import { fit, toFit } from '../../src/training/fit.js';
import { headNetwork } from '../../src/training/head.js';
import { computeOutputs } from '../../src/training/model.js';
import { refitHead } from '../../src/training/refit.js';
import { clusterData } from './clusters.js';

before(async () => {
  await startEngine('wasm');
});

const train = clusterData({ perClass: 10, classes: 3, size: 4, spread: 1 });
const plan = { solver: 'lbfgs', classes: 3, seed: 1, l2: 0.01, ...silent } as const;

/** A layer that multiplies each feature with a number. */
function scaleBy(factor: number): Network {
  const kernel = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? factor : 0));
  const bias = new Float32Array(4);
  const layer = {
    class_name: 'Dense',
    name: 'scale',
    config: { name: 'scale', units: 4, activation: 'linear', use_bias: true },
    inbound_nodes: [[['below', 0, 0, {}] as const]],
  };
  const input = {
    class_name: 'InputLayer',
    name: 'below',
    config: { name: 'below', batch_input_shape: [null, 4], dtype: 'float32' },
    inbound_nodes: [],
  };
  return {
    topology: {
      class_name: 'Model',
      config: {
        name: 'below',
        layers: [input, layer],
        input_layers: [['below', 0, 0]],
        output_layers: [['scale', 0, 0]],
      },
    },
    weights: new Map([
      ['scale/kernel', { name: 'scale/kernel', shape: [4, 4], data: kernel }],
      ['scale/bias', { name: 'scale/bias', shape: [4], data: bias }],
    ]),
  };
}

/** Trained by epochs: layers that double each feature, and a head that knows nothing. */
const untaught = { kernel: new Float32Array(12), bias: new Float32Array(3) };
const tuned = toFit(join(scaleBy(2), headNetwork([4], { hidden: [], dropout: 0, classes: 3 }, [untaught])), {
  ...{ solver: 'adamw', description: 'all above block5_add trained', details: { epochs: 8 } },
  history: [{ epoch: 1, loss: 1, accuracy: 0.5, seconds: 1 }],
});
const refit = (more: object = {}) =>
  refitHead(tuned, { below: scaleBy(1), groups: undefined, train }, { ...plan, ...more });

test('the head is the one that is solved on what the trained layers give, and the layers are those that were trained', async () => {
  const { trainable, predict } = await refit();
  assert.equal(trainable.weights.get('scale/kernel'), tuned.trainable.weights.get('scale/kernel'));
  const doubled = dataInMemory(await computeOutputs(scaleBy(2), train), train.labels, [4]);
  const { emit, signal, ...alone } = plan;
  const solved = await fit({ train: doubled, val: doubled }, alone, { emit, signal });
  const [found, expected] = [await predict(train), await solved.predict(doubled)];
  assert.ok(found.every((value, i) => Math.abs(value - (expected[i] ?? 0)) < 1e-6));
});

test('epochs and details stay those of the training; what was solved is added, with how its L2 was found', async () => {
  const { solver, history, description, details } = await refit();
  assert.deepEqual([solver, history], ['adamw', tuned.history]);
  assert.equal(
    description,
    'all above block5_add trained, then a linear head solved to its optimum (L2 0.0100, as for the head alone)',
  );
  assert.deepEqual(details, { epochs: 8, refit: { l2: 0.01, candidates: [] } });
});

test('without an L2 it is chosen by cross-validation', async () => {
  const { description, details } = await refit({ l2: undefined });
  assert.match(description, /trained, then a linear head .*, chosen by cross-validation\)$/);
  assert.ok((details.refit as { candidates: unknown[] }).candidates.length > 1);
});
