// What tfjs' layers do otherwise here than as they come: batch normalization stays frozen, dropout is seeded, and what
// takes several passes over memory takes fewer. What has no gradient is mended in missing-gradients.ts.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { maxPool } from '../engines/max-pool.js';
import { tf } from '../engines/tfjs.js';
import { mendGradient } from './missing-gradients.js';
import type { Random } from './random.js';
import { type Convolution, type Layer, type MaxPooling, onlyInput } from './tfjs-layer.js';

/** Noises that nobody seeds, a dropout of whole channels among them: they stay in inference mode. */
const unseeded = new Set(['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'SpatialDropout1D', 'Dropout']);

/** Adapts a layer of a model that has just been opened. */
export function adaptLayer(layer: Layer, model: LayersModel): void {
  const name = layer.getClassName();
  if (name === 'BatchNormalization') {
    freezeNormalization(layer);
    foldIntoKernel(layer, model);
  }
  if (name === 'ReLU') quickenRelu6(layer);
  if (name === 'MaxPooling2D') rememberPlaces(layer);
  mendGradient(layer);
  if (name === 'Conv2D') activateLate(layer, model);
  if (isSeeded(layer)) seedMasks(layer);
  else if (unseeded.has(name)) keepInference(layer);
}

function keepInference(layer: Layer): void {
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
}

/** Gives the model's dropout layers the masks of their next step. */
export function seedDropout(model: LayersModel, random: Random): void {
  for (const layer of model.layers) {
    if (isSeeded(layer)) layer.seed = Math.floor(random() * 2 ** 31);
  }
}

interface SeededLayer extends Layer {
  seed: number;
  readonly rate: number;
}

function isSeeded(layer: Layer): layer is SeededLayer {
  return layer.getClassName() === 'Dropout' && !layer.getConfig().noiseShape;
}

/** tfjs' own takes six times as long for its numbers, and left to itself drops the same units in every step. */
function seedMasks(layer: SeededLayer): void {
  layer.call = (inputs, kwargs) => {
    const x = onlyInput(inputs);
    if (kwargs.training !== true || layer.rate <= 0) return x;
    const mask = drawMask(x.size, layer);
    return tf.tidy(() => tf.mul(x, tf.tensor(mask, x.shape)));
  };
}

/** 0 for what is dropped, else what makes up for it. The generator is that of random.ts, without a call for each number. */
function drawMask(length: number, { rate, seed }: SeededLayer): Float32Array {
  const mask = new Float32Array(length);
  const kept = 1 / (1 - rate);
  const most = rate * 2 ** 32;
  let state = seed | 0;
  for (let i = 0; i < length; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    // No branch, which would be foreseen in half of the cases.
    mask[i] = kept * Number((mixed ^ (mixed >>> 14)) >>> 0 >= most);
  }
  return mask;
}

/**
 * Where a max pooling is all that takes a convolution's output, bias and relu come after it: the same values to the bit,
 * since neither changes which of some numbers is the largest, on a quarter of the memory, and so are the gradients.
 */
function activateLate(layer: Layer, model: LayersModel): void {
  const convolution = layer as Convolution;
  const pooling = findPooling(layer, model);
  const { strides, padding, dilationRate, dataFormat, activation } = convolution.getConfig();
  const { bias } = convolution;
  if (pooling === undefined || bias === null || activation !== 'relu' || dataFormat !== 'channelsLast')
    return;
  const pool = pooling.call.bind(pooling);
  layer.call = inputs =>
    tf.conv2d(
      onlyInput(inputs) as tf.Tensor4D,
      convolution.kernel.read(),
      strides,
      padding,
      'NHWC',
      dilationRate,
    );
  pooling.call = (inputs, kwargs) =>
    tf.tidy(() => tf.relu(tf.add(onlyInput(pool(inputs, kwargs)), bias.read())));
}

/** The layer that alone takes a layer's output, if there is one. */
function findOnlyUser(layer: Layer, model: LayersModel): Layer | undefined {
  const [use, ...more] = layer.outboundNodes;
  const isCalledOnce = layer.inboundNodes.length === 1 && use?.outboundLayer.inboundNodes.length === 1;
  if (use === undefined || more.length > 0 || !isCalledOnce || model.outputLayers.includes(layer))
    return undefined;
  return use.outboundLayer;
}

function findPooling(layer: Layer, model: LayersModel): Layer | undefined {
  const user = findOnlyUser(layer, model);
  return user?.getClassName() === 'MaxPooling2D' ? user : undefined;
}

/**
 * Batch normalization is frozen altogether: its statistics are those of the images that the backbone was trained on, and
 * a few photos give worse ones. What is left of it is a factor and an offset per channel, two passes over memory.
 */
function freezeNormalization(layer: Layer): void {
  layer.trainable = false;
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const x = onlyInput(inputs);
    if (!normalizesLast(layer, x.rank)) return call(inputs, { ...kwargs, training: false });
    return tf.tidy(() => {
      const { factor, offset } = readNormalization(layer);
      return tf.add(tf.mul(x, factor), offset);
    });
  };
}

function normalizesLast(layer: Layer, rank: number): boolean {
  const { axis } = layer.getConfig();
  return axis === -1 || axis === rank - 1;
}

/** What frozen batch normalization multiplies every channel with, and what it adds. */
function readNormalization(layer: Layer): { readonly factor: tf.Tensor; readonly offset: tf.Tensor } {
  const { epsilon } = layer.getConfig();
  const read = (name: string) => layer.weights.find(each => each.originalName.endsWith(`/${name}`))?.read();
  const [gamma, beta] = [read('gamma') ?? tf.scalar(1), read('beta') ?? tf.scalar(0)];
  const [mean, variance] = [read('moving_mean'), read('moving_variance')];
  if (mean === undefined || variance === undefined)
    throw new Error('A batch normalization lacks its statistics.');
  const factor = tf.mul(gamma, tf.rsqrt(tf.add(variance, Number(epsilon))));
  return { factor, offset: tf.sub(beta, tf.mul(mean, factor)) };
}

/**
 * Where frozen batch normalization is all that takes a convolution's output, the kernel is multiplied with its factor
 * instead, which is quick: there are fewer passes over what the convolution gives, there and back.
 */
function foldIntoKernel(normalization: Layer, model: LayersModel): void {
  const below = normalization.inboundNodes[0]?.inboundLayers[0];
  if (below === undefined || findOnlyUser(below, model) !== normalization) return;
  const isDepthwise = below.getClassName() === 'DepthwiseConv2D';
  if ((!isDepthwise && below.getClassName() !== 'Conv2D') || !normalizesLast(normalization, 4)) return;
  const convolution = below as Convolution;
  const { strides, padding, dilationRate, dataFormat, activation } = convolution.getConfig();
  if (activation !== 'linear' || dataFormat !== 'channelsLast') return;
  const { kernel, depthwiseKernel, bias } = convolution;
  const convolve = isDepthwise ? tf.depthwiseConv2d : tf.conv2d;
  below.call = inputs =>
    tf.tidy(() => {
      const { factor, offset } = readNormalization(normalization);
      const weights = (isDepthwise ? depthwiseKernel : kernel).read();
      const [, , channels, multiplier] = weights.shape;
      const factors = isDepthwise ? tf.reshape(factor, [channels, multiplier]) : factor;
      const convolved = convolve(
        onlyInput(inputs) as tf.Tensor4D,
        tf.mul(weights, factors),
        strides,
        padding,
        'NHWC',
        dilationRate,
      );
      return tf.add(convolved, bias === null ? offset : tf.add(tf.mul(bias.read(), factor), offset));
    });
  normalization.call = inputs => onlyInput(inputs);
}

/** The gradient of the pooling need not look for the maxima again. */
function rememberPlaces(layer: Layer): void {
  if (layer.getConfig().dataFormat !== 'channelsLast') return;
  const pooling = layer as MaxPooling;
  pooling.poolingFunction = (x, size, strides, pad) => maxPool(x, { size, strides, pad });
}

/** tfjs' layer clips what relu gives, in two passes and four for the gradient. */
function quickenRelu6(layer: Layer): void {
  if (layer.getConfig().maxValue !== 6) return;
  layer.call = inputs => tf.relu6(onlyInput(inputs));
}
