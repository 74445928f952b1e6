// First weights of a network that starts from scratch, as Keras draws them by default.

import type { FunctionalConfig, Network, WeightTensor } from '../network/network.js';
import { elementCount } from '../network/source.js';
import { variablesOf } from '../network/variables.js';
import { walk } from '../network/walk.js';
import { seededRandom } from './random.js';

/**
 * Draws all weights that are not there yet: kernels from Glorot's uniform distribution, biases and other offsets 0, factors and variances 1.
 * @param seed the same one gives the same weights on every machine
 */
export function drawWeights(
  topology: FunctionalConfig,
  seed: number,
  kept: Network['weights'] = new Map(),
): Network {
  const { calls } = walk({ topology });
  const tensors = calls.flatMap(({ layer: { class_name: className, config }, inputShapes: [input = []] }) =>
    variablesOf(className, config, input).map(({ name, shape }) => ({
      name: `${config.name}/${name}`,
      shape,
    })),
  );
  // A layer that is called twice has its weights once.
  const unique = [...new Map(tensors.map(each => [each.name, each])).values()];
  const drawn = unique.map(({ name, shape }, i): [string, WeightTensor] => [
    name,
    kept.get(name) ?? { name, shape, data: draw(name, shape, seed + i) },
  ]);
  return { topology, weights: new Map(drawn) };
}

const ones = /\/(gamma|moving_variance)$/;
const kernels = /(kernel|embeddings)$/;

function draw(name: string, shape: readonly number[], seed: number): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (ones.test(name)) return values.fill(1);
  if (!kernels.test(name)) return values;
  // A stream apart from those that order images and draw masks.
  const random = seededRandom(seed, initialStream);
  const [fanIn, fanOut] = fansOf(shape);
  const limit = Math.sqrt(6 / Math.max(1, fanIn + fanOut));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random() - 1) * limit;
  return values;
}

const initialStream = 0x1517;

/** As Keras counts them: the last two axes are inputs and outputs, those before a window that both are multiplied with. */
function fansOf(shape: readonly number[]): readonly [fanIn: number, fanOut: number] {
  const window = elementCount(shape.slice(0, -2));
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  return [window * inputs, window * outputs];
}
