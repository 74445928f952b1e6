// What stands on top of a network that is being prepared: classes and their names, or nothing but features.

import { refuseOption } from '../errors.js';
import type { ModelFacts } from '../formats/model-facts.js';
import { findFeatureLayer } from '../network/cut.js';
import type { Network } from '../network/network.js';
import { outputShape } from '../network/walk.js';
import type { Card } from './card.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { outputsFit } from './class-scores.js';
import { imagenetClasses } from './imagenet-classes.js';
import { resolvePreprocessing } from './preprocessing.js';

/** What is known of a network's classes. */
export interface TopFacts {
  /** The entry of a network from the catalogue. */
  readonly entry?: CatalogueEntry | undefined;
  /** What lay beside the network. */
  readonly files?: ModelFacts | undefined;
  /** The layer above which the network was cut off, and with it the classes that came with it. */
  readonly cut?: string | undefined;
  /** The user's names of its classes. */
  readonly classNames?: readonly string[] | undefined;
}

/** What a card says of a network's top, and what the user should know about it. */
export interface PlannedTop extends Pick<Card, 'featureLayer' | 'classNames'> {
  readonly note?: string | undefined;
}

/**
 * What the classes are called, and at which layer the features end.
 * @returns neither for a network that gives feature maps
 * @throws FinetuneError `bad-option` where the user names more classes than there are outputs, or fewer, or none are there
 */
export function planTop(
  network: Network,
  { architecture, entry, files, cut, classNames: asked }: TopFacts & { readonly architecture: string },
): PlannedTop {
  const [outputs, ...places] = outputShape(network);
  if (outputs === undefined || places.length > 0) {
    if (asked === undefined) return {};
    refuseOption(
      '--class-names names classes, but the network ends in feature maps and has none: leave it out.',
    );
  }
  const featureLayer = entry?.featureLayer ?? findFeatureLayer(network);
  if (asked !== undefined) {
    if (outputsFit(outputs, asked)) return { featureLayer, classNames: asked };
    refuseOption(
      `--class-names gives ${asked.length} names, but the network has ${outputs} output${outputs === 1 ? '' : 's'}. Expected one name per output, in their order.`,
    );
  }
  const brought = cut === undefined ? files?.classNames : undefined;
  const classNames = brought ?? imagenetNames(architecture, outputs);
  if (classNames === undefined) return { featureLayer, note: namelessNote(network) };
  if (outputsFit(outputs, classNames)) return { featureLayer, classNames };
  const note =
    `${classNames.length} class names lie beside the model, but it has ${outputs} output${outputs === 1 ? '' : 's'}: ` +
    'they are left out. To predict with it, say --class-names a,b,c (or a file with one per line).';
  return { featureLayer, note };
}

/** A network that ends in a pooling gives features; one that ends in a Dense tells classes apart. */
function namelessNote(network: Network): string | undefined {
  const { layers, output_layers: ends } = network.topology.config;
  const last = layers.find(({ config }) => config.name === ends[0]?.[0]);
  const [outputs, ...places] = outputShape(network);
  if (places.length > 0 || last === undefined || !/^(Dense|Softmax|Activation)$/.test(last.class_name))
    return undefined;
  return (
    `The network has ${outputs} output${outputs === 1 ? '' : 's'}, but nothing says what its classes are called. ` +
    'To predict with them, say --class-names a,b,c (or a file with one per line), or put a labels.txt beside the model.'
  );
}

/** A thousand outputs on a network that is published with ImageNet weights are ImageNet's classes. */
function imagenetNames(architecture: string, outputs: number | null): readonly string[] | undefined {
  if (outputs !== imagenetClasses.length || resolvePreprocessing(architecture) === undefined)
    return undefined;
  return imagenetClasses.map(([, name]) => name);
}
