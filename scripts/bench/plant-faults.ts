// Copies data sets and plants faults in the copy whose right answer is therefore known: photos that are copies of others,
// changed as people change them, and photos in the folder of another class.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import type { DataSet, Example } from '../../src/data/data-set.js';
import { scanDataSet } from '../../src/data/scan.js';
import { seededRandom, shuffle } from '../../src/training/random.js';

/** What is done to a photo to make a copy of it. */
export const copyKinds = {
  exact: undefined,
  're-encoded': async file => sharp(file).rotate().jpeg({ quality: 50 }).toBuffer(),
  resized: async file => {
    const { width, height } = await sizeOf(file);
    return sharp(file).rotate().resize(part(width, 0.6), part(height, 0.6)).jpeg({ quality: 85 }).toBuffer();
  },
  cropped: async (file, random) => {
    const { width, height } = await sizeOf(file);
    const kept = { width: part(width, 0.95), height: part(height, 0.95) };
    const left = Math.round(random() * (width - kept.width));
    const top = Math.round(random() * (height - kept.height));
    return sharp(file)
      .rotate()
      .extract({ left, top, ...kept })
      .jpeg({ quality: 85 })
      .toBuffer();
  },
  brightness: async file =>
    sharp(file).rotate().modulate({ brightness: 1.3 }).jpeg({ quality: 85 }).toBuffer(),
} as const satisfies Record<string, ((file: string, random: () => number) => Promise<Buffer>) | undefined>;

/** What was planted; paths are relative to the copy. */
export interface Planted {
  readonly images: number;
  readonly classNames: readonly string[];
  readonly copies: readonly { readonly kind: string; readonly original: string; readonly copy: string }[];
  readonly wrongLabels: readonly { readonly path: string; readonly right: string }[];
  /** Photos of other things. */
  readonly strangers: readonly string[];
}

/** How much is planted. */
export interface PlantPlan {
  readonly copiesPerKind: number;
  /** The part of all images. */
  readonly wrongLabels: number;
  /** Photos of something else, each of which comes into a class. */
  readonly strangers?: readonly string[];
  readonly seed: number;
}

/**
 * Copies the classes of data sets into one folder per class, and plants faults.
 * @param sources folders; where two have a class of the same name, the second gets a name of its own
 */
export async function plantFaults(
  sources: readonly (readonly [dir: string, classes: number])[],
  out: string,
  { copiesPerKind, wrongLabels, strangers = [], seed }: PlantPlan,
): Promise<Planted> {
  const random = seededRandom(seed);
  const photos = await gatherPhotos(sources);
  const classNames = [...new Set(photos.map(({ className }) => className))];
  const order = shuffle([...photos.keys()], random);
  const moved = new Set(order.slice(0, Math.round(photos.length * wrongLabels)));
  const copies: Planted['copies'][number][] = [];
  const wrongLabelled: Planted['wrongLabels'][number][] = [];
  const places: string[] = [];
  for (const [i, { file, className }] of photos.entries()) {
    const others = classNames.filter(name => name !== className);
    const folder = moved.has(i) ? (others[Math.floor(random() * others.length)] ?? className) : className;
    const path = `${folder}/${i}${extname(file).toLowerCase()}`;
    await mkdir(join(out, folder), { recursive: true });
    await copyFile(file, join(out, path));
    places.push(path);
    if (moved.has(i)) wrongLabelled.push({ path, right: className });
  }
  let next = moved.size;
  for (const [kind, change] of Object.entries(copyKinds)) {
    for (let n = 0; n < copiesPerKind; n++, next++) {
      const chosen = order[next] ?? 0;
      const [photo, original = ''] = [photos[chosen], places[chosen]];
      if (photo === undefined) throw new Error('There are too few photos for so many copies.');
      const copy = `${photo.className}/${photos.length + next}${change ? '.jpg' : extname(photo.file).toLowerCase()}`;
      if (change === undefined) await copyFile(photo.file, join(out, copy));
      else await writeFile(join(out, copy), await change(photo.file, random));
      copies.push({ kind, original, copy });
    }
  }
  return {
    images: photos.length,
    classNames,
    copies,
    wrongLabels: wrongLabelled,
    strangers: await plantStrangers(strangers, out, classNames),
  };
}

/** A photo to a class, in turn. @returns where they are */
async function plantStrangers(
  files: readonly string[],
  out: string,
  classNames: readonly string[],
): Promise<string[]> {
  const paths: string[] = [];
  for (const [i, file] of files.entries()) {
    const path = `${classNames[i % classNames.length]}/stranger-${i}.jpg`;
    await copyFile(file, join(out, path));
    paths.push(path);
  }
  return paths;
}

interface Photo {
  readonly file: string;
  readonly className: string;
}

async function gatherPhotos(sources: readonly (readonly [dir: string, classes: number])[]): Promise<Photo[]> {
  const photos: Photo[] = [];
  for (const [dir, classes] of sources) {
    const { examples, classNames }: DataSet = await scanDataSet(dir);
    const taken = new Set(photos.map(({ className }) => className));
    const nameOf = ({ label }: Example) => {
      const name = classNames[label] ?? '';
      return taken.has(name) ? `${name}-${sources.findIndex(([each]) => each === dir) + 1}` : name;
    };
    for (const example of examples) {
      if (example.label < classes) photos.push({ file: example.file, className: nameOf(example) });
    }
  }
  return photos;
}

async function sizeOf(file: string): Promise<{ width: number; height: number }> {
  const { info } = await sharp(file).rotate().toBuffer({ resolveWithObject: true });
  return info;
}

function part(length: number, share: number): number {
  return Math.max(1, Math.round(length * share));
}
