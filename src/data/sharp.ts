// The image decoder, by `require`: an `import` first searches it for names, which takes as long as loading it, and every
// thread that decodes loads it.

import { createRequire } from 'node:module';
import type library from 'sharp';

/** sharp, on libvips. */
export const sharp: typeof library = createRequire(import.meta.url)('sharp');
