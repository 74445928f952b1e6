// 200 photos, small enough to carry.
import { mkdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { globSync } from 'glob';
import sharp from 'sharp';

const count = 200;

/** The longer side in pixels: more than the networks take. */
const longestSide = 320;

/**
 * Takes photos evenly from all folders, and makes them smaller.
 * @param data with `train/CLASS/` and `val/CLASS/`
 * @returns how many there are
 */
export async function copyPhotos(data: string, target: string): Promise<number> {
  const all = globSync('{train,val}/*/*.{jpg,jpeg,png,JPG,JPEG,PNG}', { cwd: data, posix: true }).sort();
  if (all.length < count)
    throw new Error(`${data} has ${all.length} photos in train/ and val/, and ${count} are needed.`);
  const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] ?? '');
  for (const photo of chosen) {
    const file = join(target, `${join(dirname(photo), parse(photo).name)}.jpg`);
    await mkdir(dirname(file), { recursive: true });
    await sharp(join(data, photo))
      .rotate()
      .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .toFile(file);
  }
  return chosen.length;
}
