// Which backbone a training takes where none is asked for.

import { type PreparedBackbone, resolveBackbone } from '../backbones/resolve.js';
import { FinetuneError } from '../errors.js';
import type { EmitEvent } from '../events.js';

const [preferred, embedded] = ['vgg16', 'efficientnet-lite0'] as const;

/**
 * Finds the backbone that is asked for; else VGG16 where it is prepared, as `finetune prepare` does it; else the one
 * that comes with the program, and says so.
 * @throws FinetuneError `not-prepared` for one that is asked for and is not here
 */
export async function chooseBackbone(asked: string | undefined, emit: EmitEvent): Promise<PreparedBackbone> {
  if (asked !== undefined) return await resolveBackbone(asked);
  try {
    return await resolveBackbone(preferred);
  } catch (error) {
    if (!(error instanceof FinetuneError && error.code === 'not-prepared')) throw error;
  }
  const message =
    `Backbone: ${embedded}, which comes with finetune, as ${preferred} is not prepared here.\n` +
    'To train on VGG16 instead: `finetune prepare`, then the same command again.';
  emit({ type: 'notice', message });
  return await resolveBackbone(embedded);
}
