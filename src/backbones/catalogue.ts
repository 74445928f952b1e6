// The networks that can be prepared by name: topology, published weight files, preprocessing, licence. A row each.

import type { FunctionalConfig } from '../network/network.js';
import { planEfficientnetB0 } from './architectures/efficientnet-b0.js';
import { planMobilenet } from './architectures/mobilenet.js';
import { planMobilenetV2 } from './architectures/mobilenet-v2.js';
import { planResnet50 } from './architectures/resnet50.js';
import { planSqueezenet } from './architectures/squeezenet.js';
import type { TopologyOptions } from './architectures/topology-options.js';
import { planVgg16, planVgg19 } from './architectures/vgg.js';
import type { PreprocessingMode } from './preprocessing.js';

/** A published weights-only HDF5 file. */
export interface WeightFile {
  /** The same bytes at each; tried in this order. */
  readonly urls: readonly [string, ...string[]];
  /** Hex; absent where the publisher gives none. */
  readonly md5?: string;
  readonly bytes?: number;
}

/** A network that `finetune prepare NAME` knows. */
export interface CatalogueEntry {
  readonly name: string;
  /** Builds its topology as Keras does, in Keras' classes. */
  readonly plan: (options: TopologyOptions) => FunctionalConfig;
  /** Height and width that the weights were trained at. */
  readonly size: number;
  readonly preprocessing: PreprocessingMode;
  readonly weights: { readonly top: WeightFile; readonly noTop: WeightFile };
  /** Where it cannot be told from the topology. */
  readonly featureLayer?: string;
  readonly licence: string;
}

const tensorflowBucket = 'https://storage.googleapis.com/tensorflow/keras-applications';
const kerasBucket = 'https://storage.googleapis.com/keras-applications';
const vggMirror = 'https://github.com/fchollet/deep-learning-models/releases/download/v0.1';
const squeezenetRelease = 'https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0';

const kernels = 'weights_tf_dim_ordering_tf_kernels';
const apache = 'Apache-2.0 (Keras Applications)';
const vggLicence = 'CC BY 4.0 (Visual Geometry Group, University of Oxford)';

/** Files with and without top: md5 and size each. */
type FileFacts = readonly [md5: string, bytes: number];

function vggFiles(name: string, top: FileFacts, noTop: FileFacts): CatalogueEntry['weights'] {
  const fileAt = (file: string, [md5, bytes]: FileFacts): WeightFile => ({
    urls: [`${tensorflowBucket}/${name}/${file}`, `${vggMirror}/${file}`],
    md5,
    bytes,
  });
  return {
    top: fileAt(`${name}_${kernels}.h5`, top),
    noTop: fileAt(`${name}_${kernels}_notop.h5`, noTop),
  };
}

function mobilenetV2(
  name: string,
  alpha: number,
  bytes: { readonly top?: number; readonly noTop?: number },
): CatalogueEntry {
  const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
  const path = `${tensorflowBucket}/mobilenet_v2/mobilenet_v2_${kernels}_${width}_224`;
  return {
    name,
    plan: planMobilenetV2(alpha),
    size: 224,
    preprocessing: 'tf',
    weights: {
      top: { urls: [`${path}.h5`], ...(bytes.top !== undefined && { bytes: bytes.top }) },
      noTop: { urls: [`${path}_no_top.h5`], ...(bytes.noTop !== undefined && { bytes: bytes.noTop }) },
    },
    licence: apache,
  };
}

/** In the order in which help and messages list them. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'vgg16',
    plan: planVgg16,
    size: 224,
    preprocessing: 'caffe',
    weights: vggFiles(
      'vgg16',
      ['64373286793e3c8b2b4e3219cbf3544b', 553_467_096],
      ['6d6bbae143d832006294945121d1f1fc', 58_889_256],
    ),
    licence: vggLicence,
  },
  {
    name: 'vgg19',
    plan: planVgg19,
    size: 224,
    preprocessing: 'caffe',
    weights: vggFiles(
      'vgg19',
      ['cbe5617147190e668d6c5d5026f83318', 574_710_816],
      ['253f8cb515780f3b799900260a226db6', 80_134_624],
    ),
    licence: vggLicence,
  },
  {
    name: 'resnet50',
    plan: planResnet50,
    size: 224,
    preprocessing: 'caffe',
    weights: {
      top: {
        urls: [`${tensorflowBucket}/resnet/resnet50_${kernels}.h5`],
        md5: '2cb95161c43110f7111970584f804107',
        bytes: 102_967_424,
      },
      noTop: {
        urls: [`${tensorflowBucket}/resnet/resnet50_${kernels}_notop.h5`],
        md5: '4d473c1dd8becc155b73f8504c6f6626',
        bytes: 94_765_736,
      },
    },
    licence: 'MIT (Kaiming He)',
  },
  {
    name: 'mobilenet',
    plan: planMobilenet,
    size: 224,
    preprocessing: 'tf',
    weights: {
      top: { urls: [`${tensorflowBucket}/mobilenet/mobilenet_1_0_224_tf.h5`] },
      noTop: { urls: [`${tensorflowBucket}/mobilenet/mobilenet_1_0_224_tf_no_top.h5`], bytes: 17_225_924 },
    },
    licence: apache,
  },
  mobilenetV2('mobilenet_v2', 1, { top: 14_536_120, noTop: 9_406_464 }),
  mobilenetV2('mobilenet_v2_0.5', 0.5, {}),
  mobilenetV2('mobilenet_v2_0.35', 0.35, {}),
  {
    name: 'efficientnet_b0',
    plan: planEfficientnetB0,
    size: 224,
    preprocessing: 'none',
    weights: {
      top: { urls: [`${kerasBucket}/efficientnetb0.h5`], md5: '902e53a9f72be733fc0bcb005b3ebbac' },
      noTop: {
        urls: [`${kerasBucket}/efficientnetb0_notop.h5`],
        md5: '50bc09e76180e00e4465e1a485ddc09d',
        bytes: 16_705_208,
      },
    },
    licence: apache,
  },
  {
    name: 'squeezenet',
    plan: planSqueezenet,
    size: 227,
    preprocessing: 'caffe',
    weights: {
      top: { urls: [`${squeezenetRelease}/squeezenet_${kernels}.h5`] },
      noTop: {
        urls: [`${squeezenetRelease}/squeezenet_${kernels}_notop.h5`],
        md5: '80b66c92d79d4310e07fb60a297bf0d1',
        bytes: 3_002_560,
      },
    },
    featureLayer: 'fire9/concat',
    licence: 'MIT (Refik Can Malli, DeepScale)',
  },
];

/** The entry of a name; `-` and `_` are alike. */
export function findInCatalogue(name: string): CatalogueEntry | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '_');
  return catalogue.find(entry => plain(entry.name) === plain(name));
}
