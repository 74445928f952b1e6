// Layers that move numbers without changing them, and those that put new ones between them.

import { type CallToLower, inOrder, type Lowering, type Place, type Value } from './layer-call.js';

/** Changes of shape, borders and enlargements, by class. */
export const shapingLowerings: Readonly<Record<string, Lowering>> = {
  Flatten: call => reshape(call, [-1]),
  Reshape: call => reshape(call, targetOf(call)),
  Permute: permuteAxes,
  RepeatVector: repeatVector,
  ZeroPadding2D: padWithZeros,
  Cropping2D: crop,
  UpSampling2D: upSample,
};

/** The sizes of the output, open ones from the config: tfjs writes null for the size that follows, Keras -1. */
function targetOf(call: CallToLower): number[] {
  const { target_shape: target } = call.layer.config;
  const given: unknown[] = Array.isArray(target) ? target : [target];
  return call.shape.map((size, axis) => {
    const wanted = given[axis];
    return size ?? (typeof wanted === 'number' ? wanted : -1);
  });
}

/** Numbers in Keras' order (height, width, channels), so a feature map goes back to that order first. */
function reshape(call: CallToLower, target: readonly number[]): Place {
  const input = isSinglePixel(call.input) ? call.input : inOrder(call.graph, call.input, 'channels-last');
  // A single pixel lies the same in both orders, so that the (1, 1, channels) of a gate needs no transpose.
  const [, , channels] = target;
  const isPixel = target.length === 3 && isSinglePixel(call) && channels !== undefined;
  const sizes = isPixel ? [channels, 1, 1] : target;
  const name = call.graph.node('Reshape', call.name, [input.name, call.graph.integers([0, ...sizes])]);
  return { name, order: isPixel ? 'channels-first' : 'channels-last' };
}

function isSinglePixel({ shape }: Pick<Value, 'shape'>): boolean {
  return shape.length === 3 && shape[0] === 1 && shape[1] === 1;
}

/** Keras counts the axes of one example from 1. */
function permuteAxes(call: CallToLower): Place {
  const input = inOrder(call.graph, call.input, 'channels-last');
  const axes = [0, ...call.integers('dims', [])];
  if (axes.length !== input.shape.length + 1 || new Set(axes).size !== axes.length) {
    throw call.wrong(`has dims [${axes.slice(1)}] for an input of rank ${input.shape.length + 1}`);
  }
  const name = call.graph.node('Transpose', call.name, [input.name], { perm: { ints: axes } });
  return { name, order: 'channels-last' };
}

function repeatVector(call: CallToLower): Place {
  const { graph, input, name } = call;
  const [times = 1] = call.integers('n', [1]);
  if (input.shape.length !== 1) throw call.wrong(`takes a vector and got rank ${input.shape.length + 1}`);
  const row = graph.node('Unsqueeze', `${name}/row`, [input.name, graph.integers([1])]);
  const repeated = graph.node('Tile', name, [row, graph.integers([1, times, 1])]);
  return { name: repeated, order: 'channels-last' };
}

function padWithZeros(call: CallToLower): Place {
  const input = inOrder(call.graph, call.featureMap, 'channels-first');
  const [[top, bottom], [left, right]] = marginsOf(call, 'padding', 1);
  const pads = call.graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  return { name: call.graph.node('Pad', call.name, [input.name, pads]), order: 'channels-first' };
}

function crop(call: CallToLower): Place {
  const { graph } = call;
  const input = inOrder(graph, call.featureMap, 'channels-first');
  const [[top, bottom], [left, right]] = marginsOf(call, 'cropping', 0);
  const toEnd = 2 ** 31 - 1;
  const starts = graph.integers([top, left]);
  const ends = graph.integers([bottom, right].map(margin => (margin === 0 ? toEnd : -margin)));
  const name = graph.node('Slice', call.name, [input.name, starts, ends, graph.integers([2, 3])]);
  return { name, order: 'channels-first' };
}

type Margins = readonly [readonly [number, number], readonly [number, number]];

/** One number, one per axis, or `[[top, bottom], [left, right]]`. */
function marginsOf(call: CallToLower, key: string, fallback: number): Margins {
  const given = call.layer.config[key] ?? fallback;
  const perAxis: unknown[] = Array.isArray(given) ? given : [given, given];
  const [vertical, horizontal] = perAxis.map(each => (Array.isArray(each) ? each : [each, each]));
  const margins = [...(vertical ?? []), ...(horizontal ?? [])];
  const [top, bottom, left, right] = margins;
  if (margins.length !== 4 || !margins.every(each => Number.isSafeInteger(each) && each >= 0)) {
    throw call.wrong(
      `has ${key} = ${JSON.stringify(given)}; expected one number, a pair, or a pair of pairs`,
    );
  }
  return [
    [top, bottom],
    [left, right],
  ];
}

/** Keras' name of an interpolation and ONNX'. */
const interpolations = new Map([
  ['nearest', 'nearest'],
  ['bilinear', 'linear'],
]);

/**
 * Positions are tfjs': pixel i of the output is i / scale in the input, so that a model gives here what it gives in
 * the browser.
 */
function upSample(call: CallToLower): Place {
  const { graph } = call;
  const input = inOrder(graph, call.featureMap, 'channels-first');
  const factors = [1, 1, ...call.pair('size', [2, 2])];
  const interpolation = call.text('interpolation', 'nearest');
  const mode = interpolations.get(interpolation);
  if (mode === undefined)
    throw call.unsupported(`interpolation "${interpolation}"; expected nearest or bilinear`);
  const scales = graph.constant(`constant/scale[${factors}]`, [4], () => Float32Array.from(factors));
  const name = graph.node('Resize', call.name, [input.name, '', scales], {
    mode: { text: mode },
    coordinate_transformation_mode: { text: 'asymmetric' },
    nearest_mode: { text: 'floor' },
  });
  return { name, order: 'channels-first' };
}
