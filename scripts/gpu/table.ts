// What the GPU check found, as tables.

import { messageOf } from '../../src/errors.js';
import type { DeviceTrial } from '../../src/inference/device-trial.js';
import type { BenchRow } from '../../src/inference/measurement.js';
import type { Measured, WholeJob } from './measure.js';
import type { Peer } from './peer.js';

/** What was measured of one network. */
export interface NetworkResults {
  readonly decodedPerSecond: number;
  /** By device and precision, e.g. `cuda fp16`. */
  readonly parity: Record<string, Measured<DeviceTrial>>;
  readonly base: BenchRow[];
  readonly jobs: Record<string, Measured<WholeJob>>;
  peer?: Measured<Peer>;
}

/** Everything. */
export interface Results {
  readonly machine: Readonly<Record<string, unknown>>;
  /** Why a device was not measured. */
  readonly reasons: Record<string, string>;
  readonly networks: Record<string, NetworkResults>;
}

/** @returns Markdown */
export function renderResults({ machine, reasons, networks }: Results): string {
  const lines = Object.entries(machine).map(([name, value]) => `- ${name}: ${String(value)}`);
  for (const [device, reason] of Object.entries(reasons))
    lines.push(`- ${device} was not measured: ${reason}`);
  return [lines.join('\n'), ...Object.entries(networks).map(renderNetwork)].join('\n\n');
}

function renderNetwork([name, { decodedPerSecond, parity, base, jobs, peer }]: [
  string,
  NetworkResults,
]): string {
  const torch = peer !== undefined && !('failure' in peer) ? peer : undefined;
  return [
    `## ${name}`,
    `Decoding: ${decodedPerSecond.toFixed(0)} photos/s.`,
    table(
      ['features of 8 photos against the CPU', 'lowest cosine', 'largest distance', 'start, s'],
      [
        ...Object.entries(parity).map(([where, found]) =>
          'failure' in found
            ? [where, found.failure]
            : [
                where,
                found.cosineMin.toFixed(6),
                found.distanceMax.toExponential(1),
                found.startSeconds.toFixed(1),
              ],
        ),
        ...(torch?.rows ?? []).map(row => [
          `PyTorch ${row.device} ${row.precision}, batch ${row.batch}`,
          row.cosineMin.toFixed(6),
        ]),
      ],
    ),
    table(
      ['base alone', 'batch', 'images/s'],
      [
        ...base.map(row => [
          `finetune ${row.device} ${row.precision}`,
          String(row.batchSize),
          'failure' in row ? row.failure : row.imagesPerSecond.toFixed(1),
        ]),
        ...(torch?.rows ?? []).map(row => [
          `PyTorch ${row.device} ${row.precision}`,
          String(row.batch),
          row.imagesPerSecond.toFixed(1),
        ]),
      ],
    ),
    table(
      ['whole job', 's', 'images/s', 'decoding and base, images/s', 'predictions against the CPU'],
      [
        ...Object.entries(jobs).map(([device, job]) => renderJob(device, job, jobs.cpu)),
        ...(torch?.jobs ?? []).map(job => [
          `PyTorch ${job.device}, features alone`,
          job.seconds.toFixed(1),
          '',
          job.imagesPerSecond.toFixed(1),
        ]),
      ],
    ),
    ...(peer !== undefined && 'failure' in peer
      ? [`PyTorch was not measured: ${messageOf(peer.failure)}`]
      : []),
  ].join('\n\n');
}

function renderJob(device: string, job: Measured<WholeJob>, cpu: Measured<WholeJob> | undefined): string[] {
  if ('failure' in job) return [`finetune ${device}`, job.failure];
  const speeds = [job.seconds, job.imagesPerSecond, job.featureImagesPerSecond].map(value =>
    value.toFixed(1),
  );
  return [
    `finetune ${device}, ${job.precision}`,
    ...speeds,
    cpu === undefined || 'failure' in cpu ? '' : compare(job, cpu),
  ];
}

function compare({ predictions }: WholeJob, cpu: WholeJob): string {
  const pairs = predictions.map((each, i) => [each, cpu.predictions[i]] as const);
  const same = pairs.filter(([left, right]) => left.label === right?.label).length;
  const apart = Math.max(
    ...pairs.map(([left, right]) => Math.abs(left.confidence - (right?.confidence ?? 0))),
  );
  return `${same} of ${pairs.length} alike, confidences at most ${apart.toExponential(1)} apart`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${head.map((_, i) => (cells[i] ?? '').replaceAll(/[|\n]/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
