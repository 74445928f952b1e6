// Where the frozen base runs: on the processors, or on another device.

import type { Context } from '../system/context.js';
import type { Base } from './base.js';
import { chooseDevice, type DeviceChoice, type DeviceRequest, precisionOn, takeDevice } from './device.js';
import { runOnThreads } from './pool.js';
import { type Precision, resolvePrecision } from './precision.js';
import type { BaseResult, BaseWork } from './run-images.js';
import { runOnDevice } from './run-on-device.js';

/** A way of running the base. */
export interface BaseRuntime {
  readonly precision: Precision;
  /** What it runs on; absent where there was nothing to decide. */
  readonly device?: DeviceChoice | undefined;
  /**
   * Decodes images and runs the base on them; the next ones are decoded meanwhile.
   * @returns a result per image, in their order
   * @throws the signal's reason once it is aborted, when all threads have finished; `DeviceFailure`
   */
  run(work: BaseWork): AsyncIterable<BaseResult>;
}

/** A device runs the base in floating point, however fast int8 would be there; int8 that is asked for needs the processors. */
export async function chooseRuntime(
  base: Base,
  request: DeviceRequest,
  context: Context,
): Promise<BaseRuntime> {
  const { device: asked } = request;
  const work = { base, request };
  const named = asked === 'auto' || asked === 'cpu' ? undefined : await takeDevice(asked, work, context);
  if (named !== undefined && named.name !== 'cpu') return runtimeOn(named, base);
  const precision = await resolvePrecision(base, request, context);
  const device = asked === 'auto' ? await chooseDevice(precision, work, context) : named;
  if (device !== undefined && device.name !== 'cpu') return runtimeOn(device, base);
  return { device, precision, run: images => runOnThreads(base, precision, images) };
}

function runtimeOn(device: DeviceChoice, base: Base): BaseRuntime {
  return { device, precision: precisionOn(device), run: images => runOnDevice(device, base, images) };
}
