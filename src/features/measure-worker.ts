// A thread that measures photos as pictures, a group at a time.

import { measurePhoto, type PhotoTraits } from '../data/photo-traits.js';
import { type BadInput, reasonOfBadImage } from '../data/read-image.js';

/** A photo to measure. */
export interface MeasureTask {
  readonly file: string;
  /** sha-256 of its bytes when the folder was looked through. */
  readonly hash: string;
}

/** What is known of each photo, in the order of the tasks. */
export default async function measurePhotos(
  tasks: readonly MeasureTask[],
): Promise<(PhotoTraits | BadInput)[]> {
  return Promise.all(
    tasks.map(({ file, hash }) =>
      measurePhoto(file, hash).catch((error: unknown) => ({ reason: reasonOfBadImage(error) })),
    ),
  );
}
