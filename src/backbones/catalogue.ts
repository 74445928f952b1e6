// The networks that can be prepared by name: topology, published weight files, preprocessing, licence. A row each.

import { planInceptionResnetV2, planInceptionV3 } from './architectures/inception.js';
import { planMobilenetV3Large, planMobilenetV3Small } from './architectures/mobilenet-v3.js';
import { planNasnetLarge, planNasnetMobile } from './architectures/nasnet.js';
import { planSqueezenet } from './architectures/squeezenet.js';
import { planVgg16, planVgg19 } from './architectures/vgg.js';
import { planXception } from './architectures/xception.js';
import {
  type CatalogueEntry,
  convnext,
  densenet,
  efficientnet,
  efficientnetV2,
  inception,
  mobilenet,
  mobilenetV2,
  mobilenetV3,
  nasnet,
  resnet,
  resnetV2,
  vgg,
} from './catalogue-entry.js';
import { ofSqueezenet } from './weight-files.js';

/** In the order in which help and messages list them. */
export const catalogue: readonly CatalogueEntry[] = [
  vgg('vgg16', planVgg16, {
    md5: ['64373286793e3c8b2b4e3219cbf3544b', '6d6bbae143d832006294945121d1f1fc'],
    bytes: [553_467_096, 58_889_256],
  }),
  vgg('vgg19', planVgg19, {
    md5: ['cbe5617147190e668d6c5d5026f83318', '253f8cb515780f3b799900260a226db6'],
    bytes: [574_710_816, 80_134_624],
  }),
  {
    ...resnet('resnet50', [3, 4, 6, 3], {
      md5: ['2cb95161c43110f7111970584f804107', '4d473c1dd8becc155b73f8504c6f6626'],
      bytes: [102_967_424, 94_765_736],
    }),
    licence: 'MIT (Kaiming He)',
  },
  mobilenet('1_0', 1, { bytes: [undefined, 17_225_924] }),
  mobilenetV2(1, { bytes: [14_536_120, 9_406_464] }),
  mobilenetV2(0.5),
  mobilenetV2(0.35),
  efficientnet('b0', [1, 1, 0.2], {
    size: 224,
    md5: ['902e53a9f72be733fc0bcb005b3ebbac', '50bc09e76180e00e4465e1a485ddc09d'],
    bytes: [undefined, 16_705_208],
  }),
  {
    name: 'squeezenet',
    plan: planSqueezenet,
    size: 227,
    preprocessing: 'caffe',
    weights: ofSqueezenet({
      md5: [undefined, '80b66c92d79d4310e07fb60a297bf0d1'],
      bytes: [undefined, 3_002_560],
    }),
    featureLayer: 'fire9/concat',
    licence: 'MIT (Refik Can Malli, DeepScale)',
  },
  resnet('resnet101', [3, 4, 23, 3], {
    md5: ['f1aeb4b969a6efcfb50fad2f0c20cfc5', '88cf7a10940856eca736dc7b7e228a21'],
  }),
  resnet('resnet152', [3, 8, 36, 3], {
    md5: ['100835be76be38e30d865e96f2aaae62', 'ee4c566cf9a93f14d82f913c2dc6dd0c'],
  }),
  resnetV2('resnet50', [3, 4, 6, 3], {
    md5: ['3ef43a0b657b3be2300d5770ece849e0', 'fac2f116257151a9d068a22e544a4917'],
  }),
  resnetV2('resnet101', [3, 4, 23, 3], {
    md5: ['6343647c601c52e1368623803854d971', 'c0ed64b8031c3730f411d2eb4eea35b5'],
  }),
  resnetV2('resnet152', [3, 8, 36, 3], {
    md5: ['a49b44d1979771252814e80f8ec446f9', 'ed17cf2e0169df9d443503ef94b23b33'],
  }),
  densenet('densenet121', [6, 12, 24, 16], {
    md5: ['9d60b8095a5708f2dcce2bca79d332c7', '30ee3e1110167f948a6b9946edeeb738'],
  }),
  densenet('densenet169', [6, 12, 32, 32], {
    md5: ['d699b8f76981ab1b30698df4c175e90b', 'b8c4d4c20dd625c148057b9ff1c1176b'],
  }),
  densenet('densenet201', [6, 12, 48, 32], {
    md5: ['1ceb130c1ea1b78c3bf6114dbdfd8807', 'c13680b51ded0fb44dff2d8f86ac8bb1'],
  }),
  inception('xception', planXception, {
    md5: ['0a58e3b7378bc2990ea3b43d5981f1f6', 'b0042744bf5b25fce3cb969f33bebb97'],
  }),
  inception('inception_v3', planInceptionV3, {
    md5: ['9a0d58056eeedaa3f26cb7ebd46da564', 'bcbd6486424b2319ff4ef7d526e38f63'],
  }),
  inception('inception_resnet_v2', planInceptionResnetV2, {
    md5: ['e693bd0210a403b3192acc6073ad2e96', 'd19885ff4a710c122648d3b5c3b684e4'],
  }),
  mobilenet('2_5', 0.25),
  mobilenet('5_0', 0.5),
  mobilenet('7_5', 0.75),
  mobilenetV3('small', planMobilenetV3Small, {
    md5: ['8768d4c2e7dee89b9d02b2d03d65d862', 'd3e8ec802a04aa4fc771ee12a9a9b836'],
  }),
  mobilenetV3('large', planMobilenetV3Large, {
    md5: ['59e551e166be033d707958cf9e29a6a7', '07fb09a5933dd0c8eaafa16978110389'],
  }),
  nasnet('mobile', planNasnetMobile, {
    size: 224,
    md5: ['020fb642bf7360b370c678b08e0adf61', '1ed92395b5b598bdda52abe5c0dbfd63'],
  }),
  nasnet('large', planNasnetLarge, {
    size: 331,
    md5: ['11577c9a518f0070763c2b964a382f17', 'd81d89dc07e6e56530c4e77faddd61b5'],
  }),
  efficientnet('b1', [1, 1.1, 0.2], {
    size: 240,
    md5: ['1d254153d4ab51201f1646940f018540', '74c4e6b3e1f6a1eea24c589628592432'],
  }),
  efficientnet('b2', [1.1, 1.2, 0.3], {
    size: 260,
    md5: ['b15cce36ff4dcbd00b6dd88e7857a6ad', '111f8e2ac8aa800a7a99e3239f7bfb39'],
  }),
  efficientnet('b3', [1.2, 1.4, 0.3], {
    size: 300,
    md5: ['ffd1fdc53d0ce67064dc6a9c7960ede0', 'af6d107764bb5b1abb91932881670226'],
  }),
  efficientnet('b4', [1.4, 1.8, 0.4], {
    size: 380,
    md5: ['18c95ad55216b8f92d7e70b3a046e2fc', 'ebc24e6d6c33eaebbd558eafbeedf1ba'],
  }),
  efficientnet('b5', [1.6, 2.2, 0.4], {
    size: 456,
    md5: ['ace28f2a6363774853a83a0b21b9421a', '38879255a25d3c92d5e44e04ae6cec6f'],
  }),
  efficientnet('b6', [1.8, 2.6, 0.5], {
    size: 528,
    md5: ['165f6e37dce68623721b423839de8be5', '9ecce42647a20130c1f39a5d4cb75743'],
  }),
  efficientnet('b7', [2, 3.1, 0.5], {
    size: 600,
    md5: ['8c03f828fec3ef71311cd463b6759d99', 'cbcfe4450ddf6f3ad90b1b398090fe4a'],
  }),
  efficientnetV2('b0', [1, 1], {
    size: 224,
    md5: ['21ecbf6da12460d5c40bb2f29ceb2188', '893217f2bb855e2983157299931e43ff'],
  }),
  efficientnetV2('b1', [1, 1.1], {
    size: 240,
    md5: ['069f0534ff22adf035c89e2d9547a9dc', '0e80663031ca32d657f9caa404b6ec37'],
  }),
  efficientnetV2('b2', [1.1, 1.2], {
    size: 260,
    md5: ['424e49f28180edbde1e94797771950a7', '1dfe2e7a5d45b6632553a8961ea609eb'],
  }),
  efficientnetV2('b3', [1.2, 1.4], {
    size: 300,
    md5: ['1f1fc43bd98a6e4fd8fdfd551e02c7a0', 'f6abf7b5849ac99a89b50dd3fd532856'],
  }),
  efficientnetV2('s', [1, 1], {
    size: 384,
    md5: ['e1d88a8495beba45748fedd0cecbe016', 'af0682fb74e8c54910f2d4393339c070'],
  }),
  efficientnetV2('m', [1, 1], {
    size: 480,
    md5: ['a3bf6aa3276309f4fc6a34aa114c95cd', '1b8dc055df72dde80d614482840fe342'],
  }),
  efficientnetV2('l', [1, 1], {
    size: 480,
    md5: ['27e6d408b53c7ebc868fefa357689935', 'b0b66b5c863aef5b46e8608fe1711615'],
  }),
  convnext('tiny', 9, [96, 192, 384, 768]),
  convnext('small', 27, [96, 192, 384, 768]),
  convnext('base', 27, [128, 256, 512, 1024]),
  convnext('large', 27, [192, 384, 768, 1536]),
  convnext('xlarge', 27, [256, 512, 1024, 2048]),
];

/** The entry of a name; `-` and `_` are alike. */
export function findInCatalogue(name: string): CatalogueEntry | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '_');
  return catalogue.find(entry => plain(entry.name) === plain(name));
}
