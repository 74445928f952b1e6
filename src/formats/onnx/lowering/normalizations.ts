// Normalisation layers, in inference mode: with the statistics that training left behind.

import { type CallToLower, channelShape, inOrder, type Lowering, type Place } from './layer-call.js';

/** Normalisations and rescalings, by class. */
export const normalizationLowerings: Readonly<Record<string, Lowering>> = {
  BatchNormalization: lowerBatchNormalization,
  LayerNormalization: lowerLayerNormalization,
  Rescaling: lowerRescaling,
};

function lowerBatchNormalization(call: CallToLower): Place {
  const input = inOrder(call.graph, call.input, 'channels-first');
  const channels = call.inputChannels;
  requireLastAxis(call);
  const scale = constantOf(call, call.flag('scale', true) ? 'gamma' : 1, [channels]);
  const offset = constantOf(call, call.flag('center', true) ? 'beta' : 0, [channels]);
  const mean = constantOf(call, 'moving_mean', [channels]);
  const variance = constantOf(call, 'moving_variance', [channels]);
  if (input.shape.length === 2) throw call.unsupported('an input of rank 3');
  const attributes = { epsilon: { float: call.number('epsilon', 1e-3) } };
  const inputs = [input.name, scale, offset, mean, variance];
  const name = call.graph.node('BatchNormalization', call.name, inputs, attributes);
  return { name, order: input.order };
}

/** A weight, or a constant that stands for one that is switched off. */
function constantOf(call: CallToLower, variable: string | number, shape: readonly number[]): string {
  if (typeof variable === 'number') {
    const count = shape.reduce((product, size) => product * size, 1);
    return call.graph.constant(`constant/${variable}x${shape.join('x')}`, shape, () =>
      new Float32Array(count).fill(variable),
    );
  }
  const weight = call.weight(variable, shape);
  return call.graph.constant(weight.name, weight.shape, () => weight.data);
}

function lowerLayerNormalization(call: CallToLower): Place {
  const input = inOrder(call.graph, call.input, 'channels-last');
  const axes = trailingAxes(call);
  const sizes = input.shape.slice(-axes);
  if (!sizes.every(size => size !== null)) throw call.wrong('has an input whose last sizes are open');
  const scale = constantOf(call, call.flag('scale', true) ? 'gamma' : 1, sizes);
  const offset = constantOf(call, call.flag('center', true) ? 'beta' : 0, sizes);
  const name = call.graph.node('LayerNormalization', call.name, [input.name, scale, offset], {
    axis: { int: -axes },
    epsilon: { float: call.number('epsilon', 1e-3) },
  });
  return { name, order: input.order };
}

/** How many of the last axes are normalised over together. */
function trailingAxes(call: CallToLower): number {
  const rank = call.input.shape.length + 1;
  const axes = call.integers('axis', [-1]).map(axis => (axis < 0 ? axis : axis - rank));
  const isTrailing =
    new Set(axes).size === axes.length && axes.every(axis => axis >= -axes.length && axis > -rank);
  if (axes.length > 0 && isTrailing) return axes.length;
  throw call.unsupported(`normalisation over axis [${axes}]; expected the last ones`);
}

function requireLastAxis(call: CallToLower): void {
  const axes = call.integers('axis', [-1]);
  const last = call.input.shape.length;
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== last)) {
    throw call.unsupported(`normalisation over axis [${axes}]; expected the last one`);
  }
}

/** `x * scale + offset`; both are one number, or one per channel. */
function lowerRescaling(call: CallToLower): Place {
  const { input, graph, name } = call;
  const scaled = graph.node('Mul', `${name}/scaled`, [input.name, factorConstant(call, 'scale', 1)]);
  const shifted = graph.node('Add', name, [scaled, factorConstant(call, 'offset', 0)]);
  return { name: shifted, order: input.order };
}

function factorConstant(call: CallToLower, key: string, fallback: number): string {
  const given = call.layer.config[key] ?? fallback;
  if (!Array.isArray(given)) return call.graph.scalar(call.number(key, fallback));
  if (!given.every(each => typeof each === 'number'))
    throw call.wrong(`has a ${key} that is not made of numbers`);
  const shape = channelShape(call.input, given.length);
  return call.graph.constant(`${call.name}/${key}`, shape, () => Float32Array.from(given));
}
