// A topology of the user's own, to be trained from scratch: out of a model file whose weights are not wanted, or of what
// `model.to_json()` wrote. What cannot be trained (a rescaling of pixels, frozen layers) keeps its numbers.

import { choosePreprocessing } from '../../backbones/choose-preprocessing.js';
import { preprocessingFor } from '../../backbones/preprocessing.js';
import type { Channels, Preprocessing, Size } from '../../data/image-rules.js';
import { FinetuneError } from '../../errors.js';
import { openTopology } from '../../formats/open.js';
import { appendLayers, shapeNetwork } from '../../network/cut.js';
import type { LayerConfig, Network } from '../../network/network.js';
import { outputOf, outputShape, walk } from '../../network/walk.js';

/** A topology that is ready for first weights. */
export interface OwnTopology {
  /** With the weights that it keeps. */
  readonly network: Network;
  readonly inputShape: readonly [height: number, width: number, channels: Channels];
  readonly preprocessing: Preprocessing;
  /** What its reader has to tell. */
  readonly notes: readonly string[];
}

/** What the data and the options ask of it. */
export interface TopologyRequest {
  readonly classes: number;
  /** Height and width that are asked for; absent: the network's own. */
  readonly size: Size | undefined;
  /** Where the network leaves its size open. */
  readonly usualSize: Size;
}

/**
 * Reads a topology and gives it an end for so many classes, where it has none.
 * @param path a Keras file, the JSON of `model.to_json()`, or the folder of a tfjs model
 * @throws FinetuneError `bad-model` for what takes no image or ends in other classes; as `openModel` does
 */
export async function readOwnTopology(path: string, request: TopologyRequest): Promise<OwnTopology> {
  const { notes, ...source } = await openTopology(path);
  const [height, width, channels] = inputOf(source);
  const size = request.size ?? ([height ?? request.usualSize[0], width ?? request.usualSize[1]] as const);
  const own = size[0] === height && size[1] === width ? source : shapeNetwork(source, { inputShape: size });
  const { mode } = choosePreprocessing({ topology: source.topology, weights: [], notes: [] }, {});
  const network = withClasses(own, request.classes);
  const frozen = network.topology.config.layers.filter(isNormalization).length;
  const warning =
    `${frozen} batch normalization layers of ${path} stay as they begin: no statistics are gathered here. ` +
    'From scratch, layer normalization or none trains better.';
  return {
    network,
    inputShape: [...size, channels],
    preprocessing: preprocessingFor(mode, channels),
    notes: frozen > 0 ? [...notes, warning] : notes,
  };
}

function isNormalization({ class_name: className, config }: LayerConfig): boolean {
  return className === 'BatchNormalization' && config.trainable !== false;
}

function inputOf(network: Network): readonly [number | null, number | null, Channels] {
  const [input, ...more] = network.topology.config.input_layers;
  const shape = input === undefined ? [] : walk(network).callOf(input).shape;
  const [height, width, size] = shape;
  const channels = ([1, 2, 3, 4] as const).find(each => each === size);
  if (more.length === 0 && shape.length === 3 && height !== undefined && width !== undefined && channels) {
    return [height, width, channels];
  }
  throw new FinetuneError(
    'bad-model',
    `The network "${network.topology.config.name}" takes [${shape.join(', ')}]. ` +
      'Expected one image with 1 to 4 channels, (None, height, width, channels).',
  );
}

/** Ends in a softmax over the classes: its own where it has one, else pooling and a dense layer are put on top. */
function withClasses(network: Network, classes: number): Network {
  const { layers, name } = network.topology.config;
  const [last] = outputOf(network);
  const end = layers.find(({ config }) => config.name === last);
  const shape = outputShape(network);
  if (end?.config.activation === 'softmax' || end?.class_name === 'Softmax') {
    if (shape.length === 1 && shape[0] === classes) return network;
    throw new FinetuneError(
      'bad-model',
      `The network "${name}" tells ${shape.at(-1)} classes apart, and the data has ${classes}. ` +
        `Expected a network with ${classes} outputs, or one without its last layer, which is then added.`,
    );
  }
  const pooling: LayerConfig = {
    class_name: 'GlobalAveragePooling2D',
    config: { name: 'head_pooling', trainable: true, data_format: 'channels_last' },
  };
  const dense: LayerConfig = {
    class_name: 'Dense',
    config: { name: 'predictions', trainable: true, units: classes, activation: 'softmax', use_bias: true },
  };
  return appendLayers(network, shape.length === 3 ? [pooling, dense] : [dense], []);
}
