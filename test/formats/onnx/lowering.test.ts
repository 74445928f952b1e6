import { describe, test } from 'node:test';
import { layers as make, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { assertParity, type Build, chain } from './parity.js';

const conv =
  (config: object): Build =>
  x =>
    make.conv2d({ filters: 4, kernelSize: 3, ...config }).apply(x) as SymbolicTensor;

const activations = [
  'relu',
  'relu6',
  'sigmoid',
  'tanh',
  'softplus',
  'softsign',
  'elu',
  'selu',
  'hardSigmoid',
] as const;
const moreActivations = ['softmax', 'swish', 'mish', 'gelu', 'gelu_new', 'linear'] as const;

const networks: Readonly<Record<string, Build>> = {
  'Conv2D, valid': conv({}),
  'Conv2D, same': conv({ padding: 'same' }),
  'Conv2D, same, stride 2': conv({ padding: 'same', strides: 2 }),
  'Conv2D, same, stride 3, kernel 5x2': conv({ padding: 'same', strides: 3, kernelSize: [5, 2] }),
  'Conv2D, same, kernel 1, stride 2': conv({ padding: 'same', strides: 2, kernelSize: 1 }),
  'Conv2D, even kernel': conv({ padding: 'same', kernelSize: [2, 4] }),
  'Conv2D, dilated': conv({ padding: 'same', dilationRate: 2, kernelSize: [3, 2] }),
  'Conv2D, no bias, relu': conv({ useBias: false, activation: 'relu' }),
  DepthwiseConv2D: chain(make.depthwiseConv2d({ kernelSize: 3 })),
  'DepthwiseConv2D, same, stride 2, two filters a channel': chain(
    make.depthwiseConv2d({
      kernelSize: 3,
      depthMultiplier: 2,
      padding: 'same',
      strides: 2,
      activation: 'relu6',
    }),
  ),
  SeparableConv2D: chain(
    make.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  ),
  'SeparableConv2D, stride 2': chain(
    make.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, activation: 'tanh' }),
  ),
  'Conv2DTranspose, valid': chain(make.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2 })),
  'Conv2DTranspose, same': chain(
    make.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
  ),
  'Conv2DTranspose, kernel smaller than stride': chain(
    make.conv2dTranspose({ filters: 4, kernelSize: 2, strides: 3, padding: 'same' }),
  ),
  'Conv2DTranspose, valid, kernel smaller than stride': chain(
    make.conv2dTranspose({ filters: 2, kernelSize: 1, strides: 2 }),
  ),
  'Conv2DTranspose, same, even kernel': chain(
    make.conv2dTranspose({ filters: 4, kernelSize: 4, strides: 1, padding: 'same' }),
  ),
  'Dense over a feature map': chain(make.dense({ units: 5 })),
  'Dense over a vector': chain(make.flatten({}), make.dense({ units: 5, activation: 'softmax' })),
  'Dense over a sequence': chain(
    make.reshape({ targetShape: [-1, 3] }),
    make.dense({ units: 4, activation: 'relu' }),
  ),
  BatchNormalization: chain(make.batchNormalization({})),
  'BatchNormalization without scale and center': chain(
    make.batchNormalization({ scale: false, center: false, epsilon: 0.01 }),
  ),
  'BatchNormalization after Conv2D': chain(
    make.conv2d({ filters: 4, kernelSize: 3 }),
    make.batchNormalization({}),
  ),
  'BatchNormalization after Conv2D without bias': chain(
    make.conv2d({ filters: 4, kernelSize: 3, useBias: false }),
    make.batchNormalization({}),
  ),
  'BatchNormalization after DepthwiseConv2D': chain(
    make.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
    make.batchNormalization({}),
  ),
  'BatchNormalization after Conv2DTranspose': chain(
    make.conv2dTranspose({ filters: 4, kernelSize: 3 }),
    make.batchNormalization({}),
  ),
  'BatchNormalization after Dense': chain(
    make.flatten({}),
    make.dense({ units: 6 }),
    make.batchNormalization({}),
    make.dense({ units: 3 }),
  ),
  LayerNormalization: chain(make.layerNormalization({})),
  'LayerNormalization after Conv2D': chain(
    make.conv2d({ filters: 4, kernelSize: 3 }),
    make.layerNormalization({}),
    make.conv2d({ filters: 2, kernelSize: 1 }),
  ),
  Rescaling: chain(make.rescaling({ scale: 1 / 127.5, offset: -1 })),
  ReLU: chain(make.reLU({})),
  'ReLU with a maximum': chain(make.reLU({ maxValue: 0.8 })),
  LeakyReLU: chain(make.leakyReLU({ alpha: 0.1 })),
  PReLU: chain(make.conv2d({ filters: 4, kernelSize: 3 }), make.prelu({})),
  'PReLU, one slope per channel': chain(
    make.conv2d({ filters: 4, kernelSize: 3 }),
    make.prelu({ sharedAxes: [1, 2] }),
  ),
  'PReLU on a vector': chain(make.flatten({}), make.prelu({})),
  ELU: chain(make.elu({})),
  ThresholdedReLU: chain(make.thresholdedReLU({ theta: 0.4 })),
  Softmax: chain(make.softmax({ axis: -1 })),
  'Softmax after Conv2D': chain(make.conv2d({ filters: 4, kernelSize: 3 }), make.softmax({ axis: 3 })),
  MaxPooling2D: chain(make.maxPooling2d({})),
  'MaxPooling2D, same, 3 by 2': chain(make.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  AveragePooling2D: chain(make.averagePooling2d({ poolSize: [3, 2], strides: [1, 2] })),
  'AveragePooling2D leaves padding out': chain(
    make.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  ),
  GlobalAveragePooling2D: chain(make.globalAveragePooling2d({})),
  GlobalMaxPooling2D: chain(make.globalMaxPooling2d({})),
  ZeroPadding2D: chain(
    make.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 3],
      ],
    }),
  ),
  'ZeroPadding2D before Conv2D': chain(
    make.zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
    }),
    make.conv2d({ filters: 4, kernelSize: 3, strides: 2 }),
  ),
  'ZeroPadding2D before MaxPooling2D': chain(
    make.zeroPadding2d({ padding: 1 }),
    make.maxPooling2d({ poolSize: 3, strides: 2 }),
  ),
  Cropping2D: chain(
    make.cropping2D({
      cropping: [
        [1, 0],
        [2, 1],
      ],
    }),
  ),
  'UpSampling2D, nearest': chain(make.upSampling2d({ size: [2, 3] })),
  'UpSampling2D, bilinear': chain(make.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })),
  'Flatten keeps height, width, channels': chain(
    make.conv2d({ filters: 4, kernelSize: 3 }),
    make.flatten({}),
  ),
  'Reshape of a feature map': chain(
    make.conv2d({ filters: 4, kernelSize: 3 }),
    make.reshape({ targetShape: [-1, 2] }),
  ),
  'Reshape to a feature map': chain(
    make.conv2d({ filters: 4, kernelSize: 2 }),
    make.reshape({ targetShape: [-1, 2, 2] }),
    make.conv2d({ filters: 2, kernelSize: 1 }),
  ),
  Permute: chain(make.conv2d({ filters: 4, kernelSize: 3 }), make.permute({ dims: [3, 1, 2] })),
  RepeatVector: chain(make.globalMaxPooling2d({}), make.repeatVector({ n: 3 })),
  'Dropout and its kin': chain(
    make.dropout({ rate: 0.5 }),
    make.gaussianNoise({ stddev: 1 }),
    make.gaussianDropout({ rate: 0.5 }),
    make.alphaDropout({ rate: 0.5 }),
  ),
  'Add, of three': x =>
    make.add().apply([conv({})(x), conv({})(x), conv({ activation: 'relu' })(x)]) as SymbolicTensor,
  'Multiply, a gate per channel': x => {
    const features = conv({ padding: 'same' })(x);
    const gate = chain(
      make.globalAveragePooling2d({}),
      make.reshape({ targetShape: [1, 1, 4] }),
      make.conv2d({ filters: 4, kernelSize: 1, activation: 'sigmoid' }),
    )(features);
    return make.multiply().apply([features, gate]) as SymbolicTensor;
  },
  'Multiply, a vector lifted': x =>
    make
      .multiply()
      .apply([
        conv({})(x),
        chain(make.globalAveragePooling2d({}), make.dense({ units: 4 }))(x),
      ]) as SymbolicTensor,
  Average: x => make.average().apply([conv({})(x), conv({})(x), conv({})(x)]) as SymbolicTensor,
  Maximum: x => make.maximum().apply([conv({})(x), conv({})(x)]) as SymbolicTensor,
  Minimum: x => make.minimum().apply([conv({})(x), conv({})(x)]) as SymbolicTensor,
  Concatenate: x => make.concatenate().apply([conv({})(x), conv({ filters: 2 })(x)]) as SymbolicTensor,
  'Concatenate over the width': x =>
    make.concatenate({ axis: 2 }).apply([conv({})(x), conv({ kernelSize: [3, 1] })(x)]) as SymbolicTensor,
  'Concatenate with the input itself': x =>
    make.concatenate().apply([conv({ padding: 'same' })(x), x]) as SymbolicTensor,
  'a layer that is called twice': x => {
    const shared = make.conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
    return shared.apply(shared.apply(x) as SymbolicTensor) as SymbolicTensor;
  },
  'layers named input and output': chain(
    make.conv2d({ filters: 4, kernelSize: 3, name: 'output' }),
    make.reLU({ name: 'input' }),
  ),
  'nothing at all': chain(make.dropout({ rate: 0.1 })),
  ...Object.fromEntries(
    [...activations, ...moreActivations].map(name => [
      `the activation ${name}`,
      chain(make.conv2d({ filters: 4, kernelSize: 3, activation: name })),
    ]),
  ),
  ...Object.fromEntries(
    [...activations, ...moreActivations].map(name => [
      `an Activation layer of ${name}`,
      chain(make.activation({ activation: name })),
    ]),
  ),
};

describe('A layer gives in ONNX Runtime what it gives in tfjs', () => {
  for (const [name, build] of Object.entries(networks)) test(name, () => assertParity(build, [7, 8, 3]));
});
