// The networks that can be prepared by name: topology, published weight files, preprocessing, licence. A row each.

import type { FunctionalConfig } from '../network/network.js';
import { planConvnext } from './architectures/convnext.js';
import { planDensenet } from './architectures/densenet.js';
import { planEfficientnet } from './architectures/efficientnet.js';
import { planEfficientnetV2 } from './architectures/efficientnet-v2.js';
import { planInceptionResnetV2, planInceptionV3 } from './architectures/inception.js';
import { planMobilenet, planMobilenetOfWidth } from './architectures/mobilenet.js';
import { planMobilenetV2 } from './architectures/mobilenet-v2.js';
import { planMobilenetV3Large, planMobilenetV3Small } from './architectures/mobilenet-v3.js';
import { planNasnetLarge, planNasnetMobile } from './architectures/nasnet.js';
import { planResnet, planResnetV2 } from './architectures/resnet.js';
import { planSqueezenet } from './architectures/squeezenet.js';
import type { TopologyOptions } from './architectures/topology-options.js';
import { planVgg16, planVgg19 } from './architectures/vgg.js';
import { planXception } from './architectures/xception.js';
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

type Entry = Omit<CatalogueEntry, 'weights' | 'licence'>;

/** Where a network's two files lie, and their md5 where Keras gives one. */
interface Published {
  /** Of the file with top. */
  readonly top: string;
  readonly noTop: string;
  readonly md5?: readonly [top: string, noTop: string];
}

function fromKeras(entry: Entry, { top, noTop, md5 }: Published): CatalogueEntry {
  return {
    ...entry,
    weights: {
      top: { urls: [top], ...(md5 && { md5: md5[0] }) },
      noTop: { urls: [noTop], ...(md5 && { md5: md5[1] }) },
    },
    licence: apache,
  };
}

/** Files that are named as Keras named the first ones. */
function named(path: string, md5: readonly [top: string, noTop: string]): Published {
  const start = `${tensorflowBucket}/${path}_${kernels}`;
  return { top: `${start}.h5`, noTop: `${start}_notop.h5`, md5 };
}

function plain(start: string, md5?: readonly [top: string, noTop: string]): Published {
  return { top: `${start}.h5`, noTop: `${start}_notop.h5`, ...(md5 && { md5 }) };
}

function mobilenet(alpha: number, text: string): CatalogueEntry {
  const start = `${tensorflowBucket}/mobilenet/mobilenet_${text}_224_tf`;
  const entry = { name: `mobilenet_${alpha}`, plan: planMobilenetOfWidth(alpha), size: 224 };
  return fromKeras({ ...entry, preprocessing: 'tf' }, { top: `${start}.h5`, noTop: `${start}_no_top.h5` });
}

function efficientnet(
  number: number,
  size: number,
  {
    scale: [width, depth, dropRate],
    md5,
  }: { scale: readonly [number, number, number]; md5: readonly [string, string] },
): CatalogueEntry {
  const name = `efficientnetb${number}`;
  const plan = planEfficientnet({ name, width, depth, dropRate });
  return fromKeras(
    { name: `efficientnet_b${number}`, plan, size, preprocessing: 'none' },
    plain(`${kerasBucket}/${name}`, md5),
  );
}

function efficientnetV2(
  variant: string,
  size: number,
  { scale = [1, 1], md5 }: { scale?: readonly [number, number]; md5: readonly [string, string] },
): CatalogueEntry {
  const name = `efficientnetv2-${variant}`;
  const stages = variant === 's' || variant === 'm' || variant === 'l' ? variant : 'b';
  const plan = planEfficientnetV2({ name, stages, width: scale[0], depth: scale[1] });
  return fromKeras(
    { name: `efficientnet_v2_${variant}`, plan, size, preprocessing: 'none' },
    plain(`${tensorflowBucket}/efficientnet_v2/${name}`, md5),
  );
}

/** Keras gives a sha-256 of these, no md5. */
function convnext(
  kind: string,
  depth: number,
  widths: readonly [number, number, number, number],
): CatalogueEntry {
  const name = `convnext_${kind}`;
  return fromKeras(
    { name, plan: planConvnext({ name, depth, widths }), size: 224, preprocessing: 'none' },
    plain(`${tensorflowBucket}/convnext/${name}`),
  );
}

/** The rest of Keras Applications. */
const furtherKeras: readonly CatalogueEntry[] = [
  fromKeras(
    { name: 'resnet101', plan: planResnet('resnet101', [3, 4, 23, 3]), size: 224, preprocessing: 'caffe' },
    named('resnet/resnet101', ['f1aeb4b969a6efcfb50fad2f0c20cfc5', '88cf7a10940856eca736dc7b7e228a21']),
  ),
  fromKeras(
    { name: 'resnet152', plan: planResnet('resnet152', [3, 8, 36, 3]), size: 224, preprocessing: 'caffe' },
    named('resnet/resnet152', ['100835be76be38e30d865e96f2aaae62', 'ee4c566cf9a93f14d82f913c2dc6dd0c']),
  ),
  fromKeras(
    { name: 'resnet50_v2', plan: planResnetV2('resnet50v2', [3, 4, 6, 3]), size: 224, preprocessing: 'tf' },
    named('resnet/resnet50v2', ['3ef43a0b657b3be2300d5770ece849e0', 'fac2f116257151a9d068a22e544a4917']),
  ),
  fromKeras(
    {
      name: 'resnet101_v2',
      plan: planResnetV2('resnet101v2', [3, 4, 23, 3]),
      size: 224,
      preprocessing: 'tf',
    },
    named('resnet/resnet101v2', ['6343647c601c52e1368623803854d971', 'c0ed64b8031c3730f411d2eb4eea35b5']),
  ),
  fromKeras(
    {
      name: 'resnet152_v2',
      plan: planResnetV2('resnet152v2', [3, 8, 36, 3]),
      size: 224,
      preprocessing: 'tf',
    },
    named('resnet/resnet152v2', ['a49b44d1979771252814e80f8ec446f9', 'ed17cf2e0169df9d443503ef94b23b33']),
  ),
  fromKeras(
    {
      name: 'densenet121',
      plan: planDensenet('densenet121', [6, 12, 24, 16]),
      size: 224,
      preprocessing: 'torch',
    },
    named('densenet/densenet121', ['9d60b8095a5708f2dcce2bca79d332c7', '30ee3e1110167f948a6b9946edeeb738']),
  ),
  fromKeras(
    {
      name: 'densenet169',
      plan: planDensenet('densenet169', [6, 12, 32, 32]),
      size: 224,
      preprocessing: 'torch',
    },
    named('densenet/densenet169', ['d699b8f76981ab1b30698df4c175e90b', 'b8c4d4c20dd625c148057b9ff1c1176b']),
  ),
  fromKeras(
    {
      name: 'densenet201',
      plan: planDensenet('densenet201', [6, 12, 48, 32]),
      size: 224,
      preprocessing: 'torch',
    },
    named('densenet/densenet201', ['1ceb130c1ea1b78c3bf6114dbdfd8807', 'c13680b51ded0fb44dff2d8f86ac8bb1']),
  ),
  fromKeras(
    { name: 'xception', plan: planXception, size: 299, preprocessing: 'tf' },
    named('xception/xception', ['0a58e3b7378bc2990ea3b43d5981f1f6', 'b0042744bf5b25fce3cb969f33bebb97']),
  ),
  fromKeras(
    { name: 'inception_v3', plan: planInceptionV3, size: 299, preprocessing: 'tf' },
    named('inception_v3/inception_v3', [
      '9a0d58056eeedaa3f26cb7ebd46da564',
      'bcbd6486424b2319ff4ef7d526e38f63',
    ]),
  ),
  fromKeras(
    { name: 'inception_resnet_v2', plan: planInceptionResnetV2, size: 299, preprocessing: 'tf' },
    named('inception_resnet_v2/inception_resnet_v2', [
      'e693bd0210a403b3192acc6073ad2e96',
      'd19885ff4a710c122648d3b5c3b684e4',
    ]),
  ),
  mobilenet(0.25, '2_5'),
  mobilenet(0.5, '5_0'),
  mobilenet(0.75, '7_5'),
  fromKeras(
    { name: 'mobilenet_v3_small', plan: planMobilenetV3Small, size: 224, preprocessing: 'none' },
    {
      top: `${tensorflowBucket}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float.h5`,
      noTop: `${tensorflowBucket}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5`,
      md5: ['8768d4c2e7dee89b9d02b2d03d65d862', 'd3e8ec802a04aa4fc771ee12a9a9b836'],
    },
  ),
  fromKeras(
    { name: 'mobilenet_v3_large', plan: planMobilenetV3Large, size: 224, preprocessing: 'none' },
    {
      top: `${tensorflowBucket}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float.h5`,
      noTop: `${tensorflowBucket}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5`,
      md5: ['59e551e166be033d707958cf9e29a6a7', '07fb09a5933dd0c8eaafa16978110389'],
    },
  ),
  fromKeras(
    { name: 'nasnet_mobile', plan: planNasnetMobile, size: 224, preprocessing: 'tf' },
    {
      top: `${tensorflowBucket}/nasnet/NASNet-mobile.h5`,
      noTop: `${tensorflowBucket}/nasnet/NASNet-mobile-no-top.h5`,
      md5: ['020fb642bf7360b370c678b08e0adf61', '1ed92395b5b598bdda52abe5c0dbfd63'],
    },
  ),
  fromKeras(
    { name: 'nasnet_large', plan: planNasnetLarge, size: 331, preprocessing: 'tf' },
    {
      top: `${tensorflowBucket}/nasnet/NASNet-large.h5`,
      noTop: `${tensorflowBucket}/nasnet/NASNet-large-no-top.h5`,
      md5: ['11577c9a518f0070763c2b964a382f17', 'd81d89dc07e6e56530c4e77faddd61b5'],
    },
  ),
  efficientnet(1, 240, {
    scale: [1, 1.1, 0.2],
    md5: ['1d254153d4ab51201f1646940f018540', '74c4e6b3e1f6a1eea24c589628592432'],
  }),
  efficientnet(2, 260, {
    scale: [1.1, 1.2, 0.3],
    md5: ['b15cce36ff4dcbd00b6dd88e7857a6ad', '111f8e2ac8aa800a7a99e3239f7bfb39'],
  }),
  efficientnet(3, 300, {
    scale: [1.2, 1.4, 0.3],
    md5: ['ffd1fdc53d0ce67064dc6a9c7960ede0', 'af6d107764bb5b1abb91932881670226'],
  }),
  efficientnet(4, 380, {
    scale: [1.4, 1.8, 0.4],
    md5: ['18c95ad55216b8f92d7e70b3a046e2fc', 'ebc24e6d6c33eaebbd558eafbeedf1ba'],
  }),
  efficientnet(5, 456, {
    scale: [1.6, 2.2, 0.4],
    md5: ['ace28f2a6363774853a83a0b21b9421a', '38879255a25d3c92d5e44e04ae6cec6f'],
  }),
  efficientnet(6, 528, {
    scale: [1.8, 2.6, 0.5],
    md5: ['165f6e37dce68623721b423839de8be5', '9ecce42647a20130c1f39a5d4cb75743'],
  }),
  efficientnet(7, 600, {
    scale: [2, 3.1, 0.5],
    md5: ['8c03f828fec3ef71311cd463b6759d99', 'cbcfe4450ddf6f3ad90b1b398090fe4a'],
  }),
  efficientnetV2('b0', 224, {
    md5: ['21ecbf6da12460d5c40bb2f29ceb2188', '893217f2bb855e2983157299931e43ff'],
  }),
  efficientnetV2('b1', 240, {
    scale: [1, 1.1],
    md5: ['069f0534ff22adf035c89e2d9547a9dc', '0e80663031ca32d657f9caa404b6ec37'],
  }),
  efficientnetV2('b2', 260, {
    scale: [1.1, 1.2],
    md5: ['424e49f28180edbde1e94797771950a7', '1dfe2e7a5d45b6632553a8961ea609eb'],
  }),
  efficientnetV2('b3', 300, {
    scale: [1.2, 1.4],
    md5: ['1f1fc43bd98a6e4fd8fdfd551e02c7a0', 'f6abf7b5849ac99a89b50dd3fd532856'],
  }),
  efficientnetV2('s', 384, { md5: ['e1d88a8495beba45748fedd0cecbe016', 'af0682fb74e8c54910f2d4393339c070'] }),
  efficientnetV2('m', 480, { md5: ['a3bf6aa3276309f4fc6a34aa114c95cd', '1b8dc055df72dde80d614482840fe342'] }),
  efficientnetV2('l', 480, { md5: ['27e6d408b53c7ebc868fefa357689935', 'b0b66b5c863aef5b46e8608fe1711615'] }),
  convnext('tiny', 9, [96, 192, 384, 768]),
  convnext('small', 27, [96, 192, 384, 768]),
  convnext('base', 27, [128, 256, 512, 1024]),
  convnext('large', 27, [192, 384, 768, 1536]),
  convnext('xlarge', 27, [256, 512, 1024, 2048]),
];

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
    plan: planResnet('resnet50', [3, 4, 6, 3]),
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
    plan: planEfficientnet({ name: 'efficientnetb0', width: 1, depth: 1, dropRate: 0.2 }),
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
  ...furtherKeras,
];

/** The entry of a name; `-` and `_` are alike. */
export function findInCatalogue(name: string): CatalogueEntry | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '_');
  return catalogue.find(entry => plain(entry.name) === plain(name));
}
