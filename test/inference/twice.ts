// A small graph that runs on any device: it adds its input to itself.
import { nodeFor, type OnnxGraph } from '../../src/formats/onnx/graph.js';

/** Images of 1 x 1 with two channels. */
export const twice: OnnxGraph = {
  name: 'twice',
  nodes: [nodeFor('sum', { op: 'Add', inputs: ['input', 'input'] })],
  ...{ initializers: new Map(), mapSizes: new Map() },
  input: { name: 'input', type: 'float32', shape: ['N', 1, 1, 2] },
  output: { name: 'sum', type: 'float32', shape: ['N', 1, 1, 2] },
};
