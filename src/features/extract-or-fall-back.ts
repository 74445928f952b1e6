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

/** What runs the base, and what does where that is a device that fails. */
export interface Runtimes {
  readonly runtime: BaseRuntime;
  /** Chooses how the CPU runs the base; called only where the device fails. */
  readonly onCpu: () => Promise<BaseRuntime>;
}

/**
 * Extracts features. Those of a device have their own key in the store: the CPU begins anew, so that they are not mixed.
 * @param onCpu chooses how the CPU runs the base; called only where the device fails
 * @throws what `extractFeatures` throws, but for `DeviceFailure`
 */
export async function extractOrFallBack(
  extraction: Extraction,
  onCpu: Runtimes['onCpu'],
  context: Context,
): Promise<Extracted> {
  const extract = async (runtime: BaseRuntime) => {
    return { features: await extractFeatures({ ...extraction, runtime }, context), runtime };
  };
  return await orOnCpu({ runtime: extraction.runtime, onCpu }, extract, context);
}

/**
 * Does work that may run the base on a device, and all of it again on the CPU where the device fails, with a warning.
 * @throws what the work throws, but for `DeviceFailure`
 */
export async function orOnCpu<Result>(
  { runtime, onCpu }: Runtimes,
  work: (runtime: BaseRuntime) => Promise<Result>,
  { emit }: Context,
): Promise<Result> {
  try {
    return await work(runtime);
  } catch (error) {
    if (!(error instanceof DeviceFailure)) throw error;
    const message = `${error.device} failed, so the base runs on the CPU: ${error.message}`;
    emit({ type: 'warning', message });
    const device = {
      ...({ name: 'cpu', half: false } as const),
      reason: `${error.device} failed: ${error.message}`,
      trials: {},
    };
    return await work({ ...(await onCpu()), device });
  }
}
