// What ran: for run.json, so that a result can be traced and repeated.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const packages = ['onnxruntime-node', 'sharp', '@tensorflow/tfjs-core'];

/** Versions of this program, Node and the libraries that numbers depend on. */
export function versions(): Readonly<Record<string, string>> {
  return {
    finetune: readVersion(new URL('../../package.json', import.meta.url)),
    node: process.versions.node,
    ...Object.fromEntries(packages.map(name => [name, installedVersion(name)])),
  };
}

function readVersion(path: string | URL): string {
  return JSON.parse(readFileSync(path, 'utf8')).version;
}

/** Some packages do not export their package.json: it is searched for where the resolver would. */
function installedVersion(name: string): string {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return readVersion(`${folder}/${name}/package.json`);
    } catch {
      // Not in this folder: the next one up.
    }
  }
  return 'unknown';
}
