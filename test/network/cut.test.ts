import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planEfficientnet } from '../../src/backbones/architectures/efficientnet.js';
import { planMobilenet } from '../../src/backbones/architectures/mobilenet.js';
import { planMobilenetV2 } from '../../src/backbones/architectures/mobilenet-v2.js';
import { planSqueezenet } from '../../src/backbones/architectures/squeezenet.js';
import { planVgg16 } from '../../src/backbones/architectures/vgg.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import { appendLayers, cutAt, removeTop, withInputShape } from '../../src/network/cut.js';
import type { FunctionalConfig, LayerConfig, Network } from '../../src/network/network.js';
import { outputShape } from '../../src/network/walk.js';

const inputSize = [224, 224] as const;
const planEfficientnetB0 = planEfficientnet({ name: 'efficientnetb0', width: 1, depth: 1, dropRate: 0.2 });

/** A network whose every layer has one weight, so that it can be seen which are dropped. */
function networkOf(topology: FunctionalConfig): Network {
  const names = topology.config.layers.map(layer => `${layer.config.name}/kernel`);
  const weights = names.map(name => [name, { name, shape: [1], data: new Float32Array(1) }] as const);
  return { topology, weights: new Map(weights) };
}

function layerNames(network: Network): string[] {
  return network.topology.config.layers.map(layer => layer.config.name);
}

const withTop = networkOf(planVgg16({ inputSize, includeTop: true }));
const withoutTop = networkOf(planVgg16({ inputSize, includeTop: false }));

describe('cutAt', () => {
  test('drops what lies above the layer, weights too, and leaves the network given as it was', () => {
    const cut = cutAt(withTop, 'block1_pool');
    const kept = ['input_layer', 'block1_conv1', 'block1_conv2', 'block1_pool'];
    assert.deepEqual(layerNames(cut), kept);
    assert.deepEqual(
      [...cut.weights.keys()],
      kept.map(name => `${name}/kernel`),
    );
    assert.deepEqual(outputShape(cut), [112, 112, 64]);
    assert.deepEqual(outputShape(withTop), [1000]);
  });

  test('drops branches that do not lead to the layer', () => {
    const network = networkOf(planSqueezenet({ inputSize, includeTop: false }));
    const names = layerNames(cutAt(network, 'fire2/relu_expand1x1'));
    assert.deepEqual(names.slice(-2), ['fire2/expand1x1', 'fire2/relu_expand1x1']);
    assert.ok(!names.some(name => name.includes('expand3x3')));
  });

  test('of a shared layer keeps only the calls that are needed', () => {
    const graph = new NetworkBuilder();
    const input = graph.input('image', [32, 32]);
    const once = graph.conv(input, { name: 'shared', filters: 3, size: 3, padding: 'same' });
    const topology = graph.topology('twice', graph.activation(once, 'relu', 'relu'));
    const layers = topology.config.layers.map((layer): LayerConfig => {
      if (layer.config.name !== 'shared') return layer;
      return { ...layer, inbound_nodes: [[['image', 0, 0, {}]], [['relu', 0, 0, {}]]] };
    });
    const network = networkOf({
      ...topology,
      config: { ...topology.config, layers, output_layers: [['shared', 1, 0]] },
    });
    assert.equal(cutAt(network, 'relu').topology.config.layers[1]!.inbound_nodes!.length, 1);
    assert.equal(cutAt(network, 'shared').topology.config.layers[1]!.inbound_nodes!.length, 2);
  });

  test('of an unknown layer names the layers that there are', () => {
    assert.throws(() => cutAt(withTop, 'block6_pool'), {
      code: 'bad-option',
      message: /no layer "block6_pool".*block5_pool/,
    });
  });
});

describe('removeTop', () => {
  const options = { inputSize, includeTop: true };
  const cases: [FunctionalConfig, string][] = [
    [planVgg16(options), 'block5_pool'],
    [planMobilenet(1)(options), 'conv_pw_13_relu'],
    [planMobilenetV2(1)(options), 'out_relu'],
    [planEfficientnetB0(options), 'top_activation'],
  ];
  for (const [topology, featureLayer] of cases) {
    test(`${topology.config.name} ends in ${featureLayer}`, () => {
      assert.equal(removeTop(networkOf(topology)).topology.config.output_layers[0]![0], featureLayer);
    });
  }

  test("follows the card's featureLayer where there is one", () => {
    const network = networkOf(planSqueezenet(options));
    assert.equal(
      removeTop(network, { featureLayer: 'fire9/concat' }).topology.config.output_layers[0]![0],
      'fire9/concat',
    );
  });

  test('gives a network without top back as it is', () => {
    assert.equal(removeTop(withoutTop), withoutTop);
  });

  test('refuses a network without feature maps', () => {
    const graph = new NetworkBuilder();
    const input = graph.add('InputLayer', [], { name: 'numbers', batch_input_shape: [null, 4] });
    const output = graph.dense(input, { name: 'dense', units: 2, activation: 'softmax' });
    const network = networkOf(graph.topology('table', output));
    assert.throws(() => removeTop(network), {
      code: 'bad-model',
      message: /Expected a convolutional image network/,
    });
  });
});

describe('withInputShape', () => {
  test('without top takes any size from 32 up, or open', () => {
    assert.deepEqual(outputShape(withInputShape(withoutTop, [640, 480])), [20, 15, 512]);
    assert.deepEqual(outputShape(withInputShape(withoutTop, [32, 63])), [1, 1, 512]);
    assert.deepEqual(outputShape(withInputShape(withoutTop, [null, null])), [null, null, 512]);
  });

  test('with top takes exactly its own size', () => {
    assert.equal(withInputShape(withTop, [224, 224]), withTop);
    assert.throws(() => withInputShape(withTop, [225, 224]), {
      code: 'bad-option',
      message: /exactly 224x224. Received: 225x224/,
    });
  });

  test('refuses sizes below 32', () => {
    for (const size of [
      [31, 224],
      [224, 0],
      [32.5, 32],
    ] as const) {
      assert.throws(() => withInputShape(withoutTop, size), {
        code: 'bad-option',
        message: /at least 32x32/,
      });
    }
  });

  test('refuses a network with weights as large as the image, and names the layer', () => {
    const graph = new NetworkBuilder();
    const input = graph.input('image', [32, 32]);
    const topology = graph.topology('slopes', graph.add('PReLU', [input], { name: 'slope' }));
    assert.throws(() => withInputShape(networkOf(topology), [64, 64]), {
      code: 'bad-option',
      message: /"slope" \(PReLU\) has weights for images of the network's own size/,
    });
  });

  for (const channels of [1, 2, 3, 4]) {
    test(`a network of the user's own with ${channels} channels takes any size, even 1x1`, () => {
      const graph = new NetworkBuilder();
      const input = graph.input('image', [28, 28, channels]);
      const output = graph.conv(input, { name: 'conv', filters: 2, size: 3, padding: 'same' });
      const network = networkOf(graph.topology('own', output));
      assert.deepEqual(outputShape(withInputShape(network, [1, 1])), [1, 1, 2]);
      assert.deepEqual(outputShape(withInputShape(network, [40, null])), [40, null, 2]);
    });
  }

  test('refuses five channels', () => {
    const graph = new NetworkBuilder();
    const topology = graph.topology('own', graph.input('image', [28, 28, 5]));
    assert.throws(() => withInputShape(networkOf(topology), [32, 32]), {
      code: 'bad-model',
      message: /takes \(None, 28, 28, 5\). Expected one image input with 1 to 4 channels/,
    });
  });

  for (const plan of [planMobilenetV2(1), planEfficientnetB0]) {
    const { name } = plan({ inputSize, includeTop: false }).config;
    test(`${name} at an odd size is padded as Keras builds it at that size`, () => {
      const resized = withInputShape(networkOf(plan({ inputSize, includeTop: false })), [193, 257]);
      assert.deepEqual(resized.topology, plan({ inputSize: [193, 257], includeTop: false }));
    });
  }
});

describe('appendLayers', () => {
  const head: LayerConfig[] = [
    { class_name: 'GlobalAveragePooling2D', config: { name: 'pooling' } },
    { class_name: 'Dense', config: { name: 'classes', units: 5 } },
  ];

  test('puts layers and their weights on top, one after the other', () => {
    const kernel = { name: 'classes/kernel', shape: [512, 5], data: new Float32Array(2560) };
    const network = appendLayers(withoutTop, head, [kernel]);
    assert.deepEqual(outputShape(network), [5]);
    assert.equal(network.weights.get('classes/kernel'), kernel);
    assert.deepEqual(removeTop(network).topology, withoutTop.topology);
  });

  test('refuses a name that is taken', () => {
    const taken = [{ class_name: 'Flatten', config: { name: 'block5_pool' } }];
    assert.throws(() => appendLayers(withoutTop, taken, []), {
      code: 'bad-model',
      message: /already has a layer "block5_pool"/,
    });
  });
});
