// Activations by name, and the layers that are nothing but an activation.

import type { GraphBuilder } from '../builder.js';
import type { Attributes } from '../graph.js';
import { reverseAxes } from '../reverse-axes.js';
import { axisInGraph, type CallToLower, type Lowering, type Place, type Value } from './layer-call.js';

/** Appends an activation under `name` and returns its output. */
type Emit = (graph: GraphBuilder, input: Value, name: string) => string;

const operator =
  (op: string, attributes: Attributes = {}): Emit =>
  (graph, input, name) =>
    graph.node(op, name, [input.name], attributes);

const overChannels =
  (op: string): Emit =>
  (graph, input, name) =>
    graph.node(op, name, [input.name], { axis: { int: axisInGraph(input, -1) } });

/** `x * f(x)`, f being appended by `emit`. */
const gatedBy =
  (emit: Emit): Emit =>
  (graph, input, name) =>
    graph.node('Mul', name, [input.name, emit(graph, input, `${name}/gate`)]);

/** Named as Keras names them; tfjs' own spellings (hardSigmoid) are brought to these. */
const activations: ReadonlyMap<string, Emit> = new Map(
  Object.entries({
    relu: operator('Relu'),
    relu6: (graph, input, name) => graph.node('Clip', name, [input.name, graph.scalar(0), graph.scalar(6)]),
    sigmoid: operator('Sigmoid'),
    tanh: operator('Tanh'),
    softplus: operator('Softplus'),
    softsign: operator('Softsign'),
    exponential: operator('Exp'),
    elu: operator('Elu'),
    selu: operator('Selu'),
    // Keras 2 and tfjs: 0.2 x + 0.5. Keras 3 has x / 6 + 0.5, which its reader must rewrite.
    hard_sigmoid: operator('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
    hard_swish: operator('HardSwish'),
    softmax: overChannels('Softmax'),
    log_softmax: overChannels('LogSoftmax'),
    swish: gatedBy(operator('Sigmoid')),
    mish: gatedBy((graph, input, name) =>
      graph.node('Tanh', name, [graph.node('Softplus', `${name}/softplus`, [input.name])]),
    ),
    gelu: gatedBy((graph, input, name) => {
      const scaled = graph.node('Mul', `${name}/scaled`, [input.name, graph.scalar(Math.SQRT1_2)]);
      const erf = graph.node('Erf', `${name}/erf`, [scaled]);
      return graph.node('Mul', name, [
        graph.node('Add', `${name}/sum`, [erf, graph.scalar(1)]),
        graph.scalar(0.5),
      ]);
    }),
    // The tanh form: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))
    gelu_new: gatedBy((graph, input, name) => {
      const square = graph.node('Mul', `${name}/square`, [input.name, input.name]);
      const weighted = graph.node('Mul', `${name}/weighted`, [square, graph.scalar(0.044715)]);
      const factor = graph.node('Add', `${name}/factor`, [weighted, graph.scalar(1)]);
      const inner = graph.node('Mul', `${name}/inner`, [input.name, factor]);
      const scaled = graph.node('Mul', `${name}/scaled`, [inner, graph.scalar(2 * Math.sqrt(2 / Math.PI))]);
      return graph.node('Sigmoid', name, [scaled]);
    }),
  }),
);

const otherNames: ReadonlyMap<string, string> = new Map([['silu', 'swish']]);

/**
 * Appends the activation that a layer's configuration names, if it names one that does anything.
 * @throws FinetuneError `unsupported-layer` for a name that is not known
 */
export function lowerActivation(call: CallToLower, input: Place, name = `${call.name}/activation`): Place {
  const given = call.text('activation', 'linear').replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
  const activation = otherNames.get(given) ?? given;
  if (activation === 'linear') return input;
  const emit = activations.get(activation);
  if (emit === undefined) throw call.unsupported(`the activation "${activation}" is not known`);
  const { order } = input;
  return { name: emit(call.graph, { ...input, shape: call.shape }, name), order };
}

/** Layers that are an activation. */
export const activationLowerings: Readonly<Record<string, Lowering>> = {
  Activation: call => lowerActivation(call, call.input, call.name),
  ReLU: lowerRelu,
  LeakyReLU: call => {
    const alpha = call.optionalNumber('negative_slope') ?? call.number('alpha', 0.3);
    return unary(call, 'LeakyRelu', { alpha: { float: alpha } });
  },
  ELU: call => unary(call, 'Elu', { alpha: { float: call.number('alpha', 1) } }),
  ThresholdedReLU: call => unary(call, 'ThresholdedRelu', { alpha: { float: call.number('theta', 1) } }),
  Softmax: lowerSoftmax,
  PReLU: lowerPRelu,
};

function unary(call: CallToLower, op: string, attributes: Attributes = {}): Place {
  const { graph, input } = call;
  return { name: graph.node(op, call.name, [input.name], attributes), order: input.order };
}

/** Keras: `max_value` above it, `x` from `threshold` on, `negative_slope * (x - threshold)` below. */
function lowerRelu(call: CallToLower): Place {
  const { graph, input, name } = call;
  const { order } = input;
  const maximum = call.optionalNumber('max_value');
  const slope = call.number('negative_slope', 0);
  const threshold = call.number('threshold', 0);
  if (slope === 0 && threshold === 0) {
    if (maximum === null) return unary(call, 'Relu');
    return { name: graph.node('Clip', name, [input.name, graph.scalar(0), graph.scalar(maximum)]), order };
  }
  const lower = graph.node('Mul', `${name}/below`, [
    graph.node('Sub', `${name}/shifted`, [input.name, graph.scalar(threshold)]),
    graph.scalar(slope),
  ]);
  const isBelow = graph.node('Less', `${name}/is_below`, [input.name, graph.scalar(threshold)]);
  const bent = graph.node('Where', `${name}/bent`, [isBelow, lower, input.name]);
  if (maximum === null) return { name: bent, order };
  return { name: graph.node('Min', name, [bent, graph.scalar(maximum)]), order };
}

function lowerSoftmax(call: CallToLower): Place {
  const [axis = -1, ...more] = call.integers('axis', [-1]);
  if (more.length > 0) throw call.unsupported('softmax over several axes');
  return unary(call, 'Softmax', { axis: { int: axisInGraph(call.input, axis) } });
}

/** The slopes have the shape of one example in Keras' order, with 1 on the shared axes. */
function lowerPRelu(call: CallToLower): Place {
  const { graph, input } = call;
  const { name, shape, data } = call.weight(
    'alpha',
    input.shape.map(() => null),
  );
  const [height = 1, width = 1, channels = 1] = shape;
  const slope =
    input.order === 'channels-last'
      ? graph.constant(name, shape, () => data)
      : graph.constant(`${name}/channels-first`, [channels, height, width], () =>
          reverseAxes(data, [height * width, 1, channels]),
        );
  return { name: graph.node('PRelu', call.name, [input.name, slope]), order: input.order };
}
