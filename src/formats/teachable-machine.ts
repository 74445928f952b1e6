// Teachable Machine exports: a tfjs layers model beside a metadata.json that names the classes.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelFacts } from './model-facts.js';

const largestBytes = 1024 * 1024;

const metadataSchema = z.object({
  tmVersion: z.string(),
  labels: z.array(z.string().max(1000)).min(1).max(10_000),
});

/**
 * What an export tells besides its topology: class names, preprocessing, and that photos are cut to a centred square.
 * @returns nothing for any other folder
 */
export async function readTeachableMachine(dir: string): Promise<ModelFacts> {
  const path = join(dir, 'metadata.json');
  const size = await stat(path).then(
    entry => entry.size,
    () => 0,
  );
  if (size === 0 || size > largestBytes) return {};
  const metadata = metadataSchema.safeParse(parse(await readFile(path, 'utf8')));
  if (!metadata.success) return {};
  return {
    classNames: metadata.data.labels,
    preprocessing: 'tf',
    resize: { method: 'crop', interpolation: 'linear', cropFraction: 1 },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
