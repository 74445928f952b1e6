// Features and labels per side of the split.

import { FinetuneError } from '../errors.js';
import type { ImageFile, LabelledFeatures, Side } from '../types.js';
import type { ExtractedFeatures } from './extract.js';

export type Sides = Readonly<Record<Side, LabelledFeatures>>;

/**
 * Deals the extracted rows out to the sides that their images are on.
 * @throws FinetuneError `bad-data-set` when bad images left a class without training images
 */
export function splitFeatures(
  extracted: ExtractedFeatures,
  split: Readonly<Record<Side, readonly ImageFile[]>>,
  classNames: readonly string[],
): Sides {
  const select = (side: Side) =>
    gatherRows(
      split[side].filter(({ hash }) => extracted.rows.has(hash)),
      extracted.rows,
    );
  const sides = { train: select('train'), val: select('val'), test: select('test') };
  for (const [label, name] of classNames.entries()) {
    if (!sides.train.labels.includes(label)) {
      throw new FinetuneError(
        'bad-data-set',
        `Class "${name}" has no readable training image. Expected at least one; ` +
          `${extracted.bad.length} images of the data set could not be read.`,
      );
    }
  }
  return sides;
}

function gatherRows(images: readonly ImageFile[], rows: ReadonlyMap<string, Float32Array>): LabelledFeatures {
  const size = rows.values().next().value?.length ?? 0;
  const features = new Float32Array(images.length * size);
  images.forEach(({ hash }, i) => {
    features.set(rows.get(hash)!, i * size);
  });
  return { features, labels: Int32Array.from(images, ({ label }) => label), size };
}
