// Features, whatever becomes of the device: where it fails in the middle, the CPU computes them all.

import type { Context } from '../system/context.js';
import { type Extraction, extractFeatures } from './extract.js';
import type { FeatureSet } from './feature-set.js';
import { DeviceFailure } from './run-on-device.js';
import type { BaseRuntime } from './runtime.js';

/** Features, and what has computed them. */
export interface Extracted {
  readonly features: FeatureSet;
  readonly runtime: BaseRuntime;
}

/**
 * Extracts features. Those of a device have their own key in the store: the CPU begins anew, so that they are not mixed.
 * @param onCpu chooses how the CPU runs the base; called only where the device fails
 * @throws what `extractFeatures` throws, but for `DeviceFailure`
 */
export async function extractOrFallBack(
  extraction: Extraction,
  onCpu: () => Promise<BaseRuntime>,
  context: Context,
): Promise<Extracted> {
  try {
    return { features: await extractFeatures(extraction, context), runtime: extraction.runtime };
  } catch (error) {
    if (!(error instanceof DeviceFailure)) throw error;
    const message = `${error.device} failed, so the base runs on the CPU: ${error.message}`;
    context.emit({ type: 'warning', message });
    const device = {
      ...({ name: 'cpu', half: false } as const),
      reason: `${error.device} failed: ${error.message}`,
      trials: {},
    };
    const runtime = { ...(await onCpu()), device };
    return { features: await extractFeatures({ ...extraction, runtime }, context), runtime };
  }
}
