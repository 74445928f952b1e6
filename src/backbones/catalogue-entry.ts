// A network that the catalogue has by name, and how a row of the catalogue becomes one: networks of a family have their
// files in one place, under names of one kind.

import type { FunctionalConfig } from '../network/network.js';
import { planConvnext } from './architectures/convnext.js';
import { planDensenet } from './architectures/densenet.js';
import { planEfficientnet } from './architectures/efficientnet.js';
import { planEfficientnetV2 } from './architectures/efficientnet-v2.js';
import { planMobilenet } from './architectures/mobilenet.js';
import { planMobilenetV2 } from './architectures/mobilenet-v2.js';
import { planResnet, planResnetV2 } from './architectures/resnet.js';
import type { TopologyOptions } from './architectures/topology-options.js';
import type { PreprocessingMode } from './preprocessing.js';
import {
  type FileFacts,
  inKerasBucket,
  inTensorflowBucket,
  kernels,
  ofVgg,
  type WeightFiles,
} from './weight-files.js';

/** A network that `finetune prepare NAME` knows. */
export interface CatalogueEntry {
  readonly name: string;
  /** Builds its topology as Keras does, in Keras' classes. */
  readonly plan: (options: TopologyOptions) => FunctionalConfig;
  /** Height and width that the weights were trained at. */
  readonly size: number;
  readonly preprocessing: PreprocessingMode;
  readonly weights: WeightFiles;
  /** Where it cannot be told from the topology. */
  readonly featureLayer?: string;
  readonly licence: string;
}

const apache = 'Apache-2.0 (Keras Applications)';

type Plan = CatalogueEntry['plan'];

/** What is known of a network's files, and the size where its relatives differ in it. */
interface SizedFacts extends FileFacts {
  readonly size: number;
}

/** The networks of the Visual Geometry Group. */
export function vgg(name: string, plan: Plan, facts: FileFacts): CatalogueEntry {
  const licence = 'CC BY 4.0 (Visual Geometry Group, University of Oxford)';
  return { name, plan, size: 224, preprocessing: 'caffe', weights: ofVgg(name, facts), licence };
}

/** ResNet, version 1. */
export function resnet(
  name: string,
  depths: Parameters<typeof planResnet>[1],
  facts: FileFacts,
): CatalogueEntry {
  const weights = inTensorflowBucket(`resnet/${name}_${kernels}`, facts);
  const plan = planResnet(name, depths);
  return { name, plan, size: 224, preprocessing: 'caffe', weights, licence: apache };
}

/** ResNet, version 2. */
export function resnetV2(
  name: string,
  depths: Parameters<typeof planResnetV2>[1],
  facts: FileFacts,
): CatalogueEntry {
  const weights = inTensorflowBucket(`resnet/${name}v2_${kernels}`, facts);
  const plan = planResnetV2(`${name}v2`, depths);
  return { name: `${name}_v2`, plan, size: 224, preprocessing: 'tf', weights, licence: apache };
}

/** DenseNet. */
export function densenet(
  name: string,
  blocks: Parameters<typeof planDensenet>[1],
  facts: FileFacts,
): CatalogueEntry {
  const weights = inTensorflowBucket(`densenet/${name}_${kernels}`, facts);
  const plan = planDensenet(name, blocks);
  return { name, plan, size: 224, preprocessing: 'torch', weights, licence: apache };
}

/** Inception and Xception, which have no relatives of other sizes. */
export function inception(name: string, plan: Plan, facts: FileFacts): CatalogueEntry {
  const weights = inTensorflowBucket(`${name}/${name}_${kernels}`, facts);
  return { name, plan, size: 299, preprocessing: 'tf', weights, licence: apache };
}

/**
 * MobileNet.
 * @param written how its files' names write the width
 * @param alpha width: 1 is the network of the paper
 */
export function mobilenet(written: string, alpha: number, facts?: FileFacts): CatalogueEntry {
  const start = `mobilenet/mobilenet_${written}_224_tf`;
  const weights = inTensorflowBucket(start, { ends: ['.h5', '_no_top.h5'], ...facts });
  const name = alpha === 1 ? 'mobilenet' : `mobilenet_${alpha}`;
  return { name, plan: planMobilenet(alpha), size: 224, preprocessing: 'tf', weights, licence: apache };
}

/**
 * MobileNetV2.
 * @param alpha width: 1 is the network of the paper
 */
export function mobilenetV2(alpha: number, facts?: FileFacts): CatalogueEntry {
  const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
  const start = `mobilenet_v2/mobilenet_v2_${kernels}_${width}_224`;
  const weights = inTensorflowBucket(start, { ends: ['.h5', '_no_top.h5'], ...facts });
  const name = alpha === 1 ? 'mobilenet_v2' : `mobilenet_v2_${alpha}`;
  return { name, plan: planMobilenetV2(alpha), size: 224, preprocessing: 'tf', weights, licence: apache };
}

/** MobileNetV3, small or large. */
export function mobilenetV3(kind: string, plan: Plan, facts: FileFacts): CatalogueEntry {
  const start = `mobilenet_v3/weights_mobilenet_v3_${kind}_224_1.0_float`;
  const weights = inTensorflowBucket(start, { ends: ['.h5', '_no_top_v2.h5'], ...facts });
  return { name: `mobilenet_v3_${kind}`, plan, size: 224, preprocessing: 'none', weights, licence: apache };
}

/** NASNet, mobile or large. */
export function nasnet(kind: string, plan: Plan, { size, ...facts }: SizedFacts): CatalogueEntry {
  const weights = inTensorflowBucket(`nasnet/NASNet-${kind}`, { ends: ['.h5', '-no-top.h5'], ...facts });
  return { name: `nasnet_${kind}`, plan, size, preprocessing: 'tf', weights, licence: apache };
}

/**
 * EfficientNet B0 to B7.
 * @param kind e.g. `b0`
 */
export function efficientnet(
  kind: string,
  [width, depth, dropRate]: readonly [width: number, depth: number, dropRate: number],
  { size, ...facts }: SizedFacts,
): CatalogueEntry {
  const name = `efficientnet${kind}`;
  const plan = planEfficientnet({ name, width, depth, dropRate });
  const weights = inKerasBucket(name, facts);
  return { name: `efficientnet_${kind}`, plan, size, preprocessing: 'none', weights, licence: apache };
}

/**
 * EfficientNetV2.
 * @param kind `b0` to `b3`, `s`, `m` or `l`
 */
export function efficientnetV2(
  kind: string,
  [width, depth]: readonly [width: number, depth: number],
  { size, ...facts }: SizedFacts,
): CatalogueEntry {
  const name = `efficientnetv2-${kind}`;
  const stages = kind === 's' || kind === 'm' || kind === 'l' ? kind : 'b';
  const plan = planEfficientnetV2({ name, stages, width, depth });
  const weights = inTensorflowBucket(`efficientnet_v2/${name}`, facts);
  return { name: `efficientnet_v2_${kind}`, plan, size, preprocessing: 'none', weights, licence: apache };
}

/** ConvNeXt. Keras gives a sha-256 of its files, no md5. */
export function convnext(
  kind: string,
  depth: number,
  widths: readonly [number, number, number, number],
): CatalogueEntry {
  const name = `convnext_${kind}`;
  const plan = planConvnext({ name, depth, widths });
  const weights = inTensorflowBucket(`convnext/${name}`);
  return { name, plan, size: 224, preprocessing: 'none', weights, licence: apache };
}
