// Which device gets a job done soonest, from what was measured. Loads nothing: predicting begins with it.

import type { DeviceTrial } from '../inference/device-trial.js';
import { type DeviceName, deviceNames } from '../inference/devices.js';

/** Trials by device. */
export type DeviceTrials = Readonly<
  Partial<Record<DeviceName, Pick<DeviceTrial, 'imagesPerSecond' | 'startSeconds'>>>
>;

/** A job on the CPU: images, and seconds per image with all processors at work. */
export interface CpuJob {
  readonly images: number;
  readonly decode: number;
  readonly base: number;
}

/** What takes less time than this, in seconds, is not worth starting another device for. */
export const worthTryingSeconds = 15;

/** A device is taken only where it spares more than measuring errs: a tenth of the time. */
export const mostOfTime = 0.9;

/** The device with which the job is done soonest. While it computes, the processors decode the next images. */
export function findSoonest(cpu: CpuJob, trials: DeviceTrials): DeviceName {
  let [soonest, least]: [DeviceName, number] = ['cpu', secondsOnCpu(cpu) * mostOfTime];
  for (const name of deviceNames) {
    const trial = trials[name];
    if (trial === undefined) continue;
    const seconds = trial.startSeconds + cpu.images * Math.max(cpu.decode, 1 / trial.imagesPerSecond);
    if (seconds < least) [soonest, least] = [name, seconds];
  }
  return soonest;
}

/** Seconds that the job takes there. */
export function secondsOnCpu({ images, decode, base }: CpuJob): number {
  return images * (decode + base);
}
