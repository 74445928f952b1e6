// Whether a folder holds a backbone as this program wrote it, and nothing else.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { openLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { listFolderFiles } from '../system/folder-files.js';
import { isCardAsWritten, loadCard } from './card.js';

const modelSchema = v.looseObject({
  weightsManifest: v.array(v.looseObject({ paths: v.array(v.string()) })),
});

/**
 * Proves that every file of a folder belongs to one backbone: a valid card, the model that it describes with weights
 * of the hash that it tells, and no file beside them.
 * @throws an error that says what else there is, or what is not as it was written
 */
export async function proveBackbone(dir: string): Promise<void> {
  const { sha256 } = await loadCard(dir);
  if (!(await isCardAsWritten(dir)))
    throw new Error('card.json or model.json was changed since they were written');
  await openLayersModel(dir, sha256);
  const { weightsManifest } = v.parse(
    modelSchema,
    JSON.parse(await readFile(join(dir, 'model.json'), 'utf8')),
  );
  const own = new Set(['card.json', 'model.json', ...weightsManifest.flatMap(({ paths }) => paths)]);
  const other = (await listFolderFiles(dir)).find(path => !own.has(path));
  if (other !== undefined) throw new Error(`${other} is no part of the backbone`);
}
