// Layers that move numbers without changing them.

import type { LayerCall, Lowering } from './layer-call.js';
import { inOrder, type Shape, type Value } from './value.js';

export const shapeLowerings: Readonly<Record<string, Lowering>> = {
  Flatten: call => {
    call.requireChannelsLast();
    return reshape(call, [-1]);
  },
  Reshape: call => reshape(call, targetOf(call)),
  Permute: permuteAxes,
  RepeatVector: repeatVector,
  ZeroPadding2D: padWithZeros,
  Cropping2D: crop,
};

/** tfjs writes null for the size that follows from the others, Keras -1. */
function targetOf(call: LayerCall): number[] {
  const target = call.layer.config.target_shape;
  const sizes: unknown[] = Array.isArray(target) ? target.map(size => size ?? -1) : [target];
  if (sizes.every((size): size is number => Number.isSafeInteger(size))) return sizes;
  throw call.wrong(`has target_shape = ${JSON.stringify(target)}; expected whole numbers`);
}

/** Numbers in Keras' order (height, width, channels), so a feature map goes back to that order first. */
function reshape(call: LayerCall, target: readonly number[]): Value {
  const input = isSinglePixel(call.input) ? call.input : inOrder(call.graph, call.input, 'channels-last');
  const shape: Shape = [input.shape[0] ?? null, ...resolveSizes(call, input.shape, target)];
  // A single pixel lies the same in both orders, so that the (1, 1, channels) of a gate needs no transpose.
  const channelsFirst = shape.length === 4 && shape[1] === 1 && shape[2] === 1 && target.length === 3;
  const sizes = channelsFirst ? [target[2]!, 1, 1] : target;
  const name = call.graph.node('Reshape', call.name, [input.name, call.graph.integers([0, ...sizes])]);
  return { name, shape, order: channelsFirst ? 'channels-first' : 'channels-last' };
}

function isSinglePixel({ shape }: Value): boolean {
  return shape.length === 4 && shape[1] === 1 && shape[2] === 1;
}

/** The sizes that come out, the one given as -1 worked out where the others are known. */
function resolveSizes(call: LayerCall, inputShape: Shape, target: readonly number[]): (number | null)[] {
  const total = product(inputShape.slice(1));
  const rest = product(target.filter(size => size !== -1))!;
  const open = target.filter(size => size === -1).length;
  const fits = total === null || (open === 0 ? total === rest : rest > 0 && total % rest === 0);
  if (open > 1 || !fits || target.some(size => size < -1)) {
    throw call.wrong(`cannot reshape [${inputShape.slice(1).map(size => size ?? 'open')}] to [${target}]`);
  }
  return target.map(size => (size === -1 ? (total === null ? null : total / rest) : size));
}

function product(sizes: Shape): number | null {
  return sizes.reduce<number | null>((all, size) => (all === null || size === null ? null : all * size), 1);
}

/** Keras counts the axes of one example from 1. */
function permuteAxes(call: LayerCall): Value {
  const input = inOrder(call.graph, call.input, 'channels-last');
  const axes = [0, ...call.integers('dims', [])];
  const isComplete = axes.length === input.shape.length && new Set(axes).size === axes.length;
  if (!isComplete || axes.some(axis => axis < 0 || axis >= axes.length)) {
    throw call.wrong(`has dims [${axes.slice(1)}] for an input of rank ${input.shape.length}`);
  }
  const name = call.graph.node('Transpose', call.name, [input.name], { perm: { ints: axes } });
  return { name, shape: axes.map(axis => input.shape[axis] ?? null), order: 'channels-last' };
}

function repeatVector(call: LayerCall): Value {
  const { graph, input, name } = call;
  const [times = 1] = call.integers('n', [1]);
  if (input.shape.length !== 2) throw call.wrong(`takes a vector and got rank ${input.shape.length}`);
  const row = graph.node('Unsqueeze', `${name}/row`, [input.name, graph.integers([1])]);
  const repeated = graph.node('Tile', name, [row, graph.integers([1, times, 1])]);
  return {
    name: repeated,
    shape: [input.shape[0] ?? null, times, input.shape[1] ?? null],
    order: 'channels-last',
  };
}

function padWithZeros(call: LayerCall): Value {
  call.requireChannelsLast();
  const input = inOrder(call.graph, call.featureMap, 'channels-first');
  const [[top, bottom], [left, right]] = marginsOf(call, 'padding', 1);
  const pads = call.graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  const name = call.graph.node('Pad', call.name, [input.name, pads]);
  return resized(input, name, [top + bottom, left + right]);
}

function crop(call: LayerCall): Value {
  call.requireChannelsLast();
  const { graph } = call;
  const input = inOrder(graph, call.featureMap, 'channels-first');
  const [[top, bottom], [left, right]] = marginsOf(call, 'cropping', 0);
  const toEnd = 2 ** 31 - 1;
  const starts = graph.integers([top, left]);
  const ends = graph.integers([bottom, right].map(margin => (margin === 0 ? toEnd : -margin)));
  const name = graph.node('Slice', call.name, [input.name, starts, ends, graph.integers([2, 3])]);
  return resized(input, name, [-top - bottom, -left - right]);
}

type Margins = readonly [readonly [number, number], readonly [number, number]];

/** One number, one per axis, or `[[top, bottom], [left, right]]`. */
function marginsOf(call: LayerCall, key: string, fallback: number): Margins {
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

function resized(input: Value, name: string, by: readonly [number, number]): Value {
  const [batch = null, height = null, width = null, channels = null] = input.shape;
  const grown = (size: number | null, change: number) => (size === null ? null : Math.max(size + change, 0));
  return { ...input, name, shape: [batch, grown(height, by[0]), grown(width, by[1]), channels] };
}
