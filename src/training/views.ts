// Views of training images: how they are changed, so that what is trained on top sees more than the images themselves.

import { createHash } from 'node:crypto';
import type { Example } from '../data/data-set.js';
import { originalView, type PixelChange, type View, type ViewedPart } from '../data/image-rules.js';
import type { Augmentation } from './augmentation.js';
import { type Random, seededRandom } from './random.js';

/** How many views of an image are drawn, and how. */
export interface ViewPlan {
  readonly augment: Augmentation;
  readonly count: number;
  readonly seed: number;
}

/**
 * Draws an image's views. They follow from the seed and the image's content, so that others make no difference to them;
 * more of them begin with the fewer.
 */
export function planViews({ augment, count, seed }: ViewPlan, { hash }: Pick<Example, 'hash'>): View[] {
  const random = seededRandom(seed, streamOf(hash));
  return Array.from({ length: count }, () => drawView(augment, random));
}

/** Draws how an epoch, from 1, sees an image, in the same way: the same epoch of another training sees the same. */
export function drawEpochView(
  { augment, seed }: Pick<ViewPlan, 'augment' | 'seed'>,
  { hash }: Pick<Example, 'hash'>,
  epoch: number,
): View {
  return drawView(augment, seededRandom(seed, streamOf(`${hash} ${epoch}`)));
}

function streamOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE();
}

function drawView(augment: Augmentation, random: Random): View {
  const draw = ([from, to]: readonly [number, number]) => round(from + (to - from) * random());
  const when = <Step extends { readonly probability: number }, Drawn>(
    step: Step | undefined,
    happen: (step: Step) => Drawn,
  ) => (step !== undefined && random() < step.probability ? happen(step) : undefined);
  const part = when(augment.crop, each => drawPart(each, random));
  const mirrored = when(augment.flip, () => true) ?? false;
  const change: PixelChange = {
    rotation: when(augment.rotation, ({ degrees }) => draw(degrees)),
    shear: when(augment.shear, ({ degrees }) => draw(degrees)),
    brightness: when(augment.brightness, ({ factor }) => draw(factor)),
    contrast: when(augment.contrast, ({ factor }) => draw(factor)),
    saturation: when(augment.saturation, ({ factor }) => draw(factor)),
    hue: when(augment.hue, ({ degrees }) => Math.round(draw(degrees))),
    blur: when(augment.blur, ({ sigma }) => draw(sigma)),
    erased: when(augment.erasing, each => drawPart(each, random)),
  };
  const changes = Object.entries(change).filter(([, value]) => value !== undefined);
  const names = [['part', part], ['mirrored', mirrored || undefined], ...changes].flatMap(([name, value]) =>
    value === undefined
      ? []
      : `${name} ${typeof value === 'object' ? Object.values(value).join(' ') : value}`,
  );
  const key = names.join(' ') || originalView.key;
  return { key, mirrored, part, change: changes.length > 0 ? change : undefined };
}

/** As the usual random resized crop is drawn: area evenly, sides by their ratio's logarithm. */
function drawPart(
  {
    area: [least, most],
    ratio: [narrowest, widest],
  }: Pick<NonNullable<Augmentation['crop']>, 'area' | 'ratio'>,
  random: Random,
): ViewedPart {
  const area = least + (most - least) * random();
  const ratio = narrowest * (widest / narrowest) ** random();
  const height = round(Math.min(1, Math.sqrt(area / ratio)));
  const width = round(Math.min(1, Math.sqrt(area * ratio)));
  return { top: round((1 - height) * random()), left: round((1 - width) * random()), height, width };
}

/** To four digits, so that the view's name says it exactly. */
function round(value: number): number {
  return Math.floor(value * 1e4) / 1e4;
}
