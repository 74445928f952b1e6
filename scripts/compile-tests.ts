// Compiles sources, scripts and tests once, so that neither a test file nor a thread or process that it starts does it
// again: half of the tests' processor time went there.

import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { globSync } from 'glob';

/** What compiled code looks for beside itself. */
const besides = ['package.json', 'dist', 'pretrained'];

/**
 * Compiles `src/`, `scripts/` and `test/` of the working directory; of other files there are links.
 * @param folder an empty one in the checkout, where packages are found
 */
export async function compileTests(folder: string): Promise<void> {
  await build({
    ...{ entryPoints: globSync('{src,scripts,test}/**/*.ts'), outdir: folder, outbase: '.' },
    ...{ format: 'esm', platform: 'node', target: 'node20', sourcemap: 'linked' },
  });
  for (const file of [...globSync('{src,scripts,test}/**', { nodir: true, ignore: '**/*.ts' }), ...besides]) {
    const link = join(folder, file);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve(file), link);
  }
}
