// A graph as the bytes of an ONNX file.

import protobuf from 'protobufjs/light.js';
import type { Attribute, Initializer, OnnxGraph, OnnxNode, Port, TensorData } from './graph.js';
import {
  attributeTypes,
  elementTypes,
  externalLocation,
  irVersion,
  onnxSchema,
  opsetVersion,
} from './schema.js';

/** What the output is called in every file, whatever layer computes it. */
const outputName = 'output';

/** Where a constant's numbers are, outside of the model. */
export interface WeightPlace {
  /** The path of the file, seen from the model's folder. */
  readonly location: string;
  /** In bytes, as the length is. */
  readonly offset: number;
  readonly length: number;
  /** One of ONNX' element types. */
  readonly type: number;
}

/**
 * Writes `graph` as an ONNX ModelProto of operator set 17.
 * @param observed names of float values that become outputs beside the graph's own
 * @param places of the constants that are not to be in the model, by name
 */
export function encodeModel(
  graph: OnnxGraph,
  observed: readonly string[] = [],
  places: ReadonlyMap<string, WeightPlace> = new Map(),
): Uint8Array {
  const outward = (name: string) => (name === graph.output.name ? outputName : name);
  const model = protobuf.Root.fromJSON(onnxSchema).lookupType('ModelProto');
  return model
    .encode({
      irVersion,
      producerName: 'finetune',
      opsetImport: [{ domain: '', version: opsetVersion }],
      graph: {
        name: graph.name,
        node: graph.nodes.map(node => nodeMessage(node, outward)),
        initializer: Array.from(graph.initializers, ([name, constant]) => ({
          name,
          dims: constant.shape,
          ...numbersMessage(constant, places.get(name)),
        })),
        input: [graph.input, ...(graph.furtherInputs ?? [])].map(portMessage),
        output: [portMessage({ ...graph.output, name: outputName }), ...observed.map(observedMessage)],
      },
    })
    .finish();
}

function nodeMessage(node: OnnxNode, outward: (name: string) => string): object {
  return {
    opType: node.op,
    name: node.name,
    input: node.inputs.map(outward),
    output: node.outputs.map(outward),
    attribute: Object.entries(node.attributes).map(([name, value]) => ({ name, ...attributeMessage(value) })),
  };
}

function attributeMessage(value: Attribute): object {
  if ('int' in value) return { i: value.int, type: attributeTypes.int };
  if ('ints' in value) return { ints: value.ints, type: attributeTypes.ints };
  if ('float' in value) return { f: value.float, type: attributeTypes.float };
  if ('floats' in value) return { floats: value.floats, type: attributeTypes.floats };
  return { s: Buffer.from(value.text), type: attributeTypes.text };
}

function numbersMessage(constant: Initializer, place: WeightPlace | undefined): object {
  if (place === undefined) {
    const { data } = constant;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { dataType: elementTypeOf(data), rawData };
  }
  const { type, ...entries } = place;
  return {
    dataType: type,
    dataLocation: externalLocation,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
  };
}

/** ONNX' number for what an array holds. */
export function elementTypeOf(data: TensorData): number {
  if (data instanceof Float32Array) return elementTypes.float32;
  if (data instanceof Uint16Array) return elementTypes.float16;
  if (data instanceof Uint8Array) return elementTypes.uint8;
  if (data instanceof Int8Array) return elementTypes.int8;
  if (data instanceof Int32Array) return elementTypes.int32;
  return elementTypes.int64;
}

/** The shape of an observed value is left to whoever reads the file. */
function observedMessage(name: string): object {
  return { name, type: { tensorType: { elemType: elementTypes.float32 } } };
}

function portMessage({ name, type, shape }: Port): object {
  const dim = shape.map(size => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}
